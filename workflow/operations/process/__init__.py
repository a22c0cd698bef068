"""Operations on sales processes."""
