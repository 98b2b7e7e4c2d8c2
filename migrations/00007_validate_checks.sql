-- Reads the existing rows against the checks. In a transaction of its own: the exclusive lock of the
-- ADD CONSTRAINT would otherwise be held for the whole scan.

-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" VALIDATE CONSTRAINT chk_user_email_format;
ALTER TABLE "User" VALIDATE CONSTRAINT chk_user_username_length;
ALTER TABLE "Payment" VALIDATE CONSTRAINT chk_payment_amount_positive;
ALTER TABLE "MarginGuardConfig" VALIDATE CONSTRAINT chk_margin_threshold_range;

-- +goose Down
-- A validated check cannot be made unvalidated; dropping the checks is the previous migration's part.
SET LOCAL lock_timeout = '5s';
