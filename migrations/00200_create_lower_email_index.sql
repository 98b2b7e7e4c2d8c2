-- E-mail addresses are one person's in any spelling of case, and the unique key tells cases apart. Every creation,
-- change and import of users looks for the lower-case form; without this index that reads the whole table.

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY "idx_user_email_lower" ON "User" (lower(email));

-- +goose Down
DROP INDEX CONCURRENTLY "idx_user_email_lower";
