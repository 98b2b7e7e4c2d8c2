-- +goose Up
SET LOCAL lock_timeout = '5s';
ALTER TABLE "Payment" VALIDATE CONSTRAINT c;
ALTER TABLE ONLY "TradeLog" VALIDATE CONSTRAINT c;
ALTER TABLE "Automation" ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES "User" (id) NOT VALID;
CREATE TABLE fresh (a int);
CREATE INDEX ON fresh (a);
UPDATE "Plan" p SET name = 'x' FROM axisor.guard_run r WHERE p.id = r.id;
ALTER TABLE "TradeLog" ADD COLUMN a int;
DO $$ BEGIN DROP POLICY p ON "Exchange"; END $$;
LOCK TABLE "Simulation" IN EXCLUSIVE MODE;
ALTER TABLE fresh ADD COLUMN b int;
DROP INDEX i;
-- +goose Down
SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" DROP COLUMN a;
