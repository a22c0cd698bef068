"""Operations that import opportunities, accounts, contacts and sellers."""
