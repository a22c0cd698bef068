"""Operations on opportunities: create, edit, transition, bulk changes, process migration and alert responses."""
