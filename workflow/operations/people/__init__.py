"""Operations on organizations, members, teams and API keys, and sign-in."""
