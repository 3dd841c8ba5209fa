"""PostgreSQL: starting it, reaching it, migrating it, and the tables that are the dialer's own."""
