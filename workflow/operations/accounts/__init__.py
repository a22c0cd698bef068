"""Operations on accounts and contacts, and the merge of two accounts."""
