-- What was added since a moment, by whomever: the cap of a round that workers share, the list of the newest additions,
-- and pruning the old ones.

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY "idx_guard_intent_planned_at" ON "guard_intent" ("planned_at");

-- +goose Down
DROP INDEX CONCURRENTLY "idx_guard_intent_planned_at";
