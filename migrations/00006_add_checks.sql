-- The design's four checks. NOT VALID keeps the exclusive lock short: rows already there are read by
-- the next migration, under a lock that lets the application go on writing.

-- +goose Up
SET LOCAL lock_timeout = '5s';

ALTER TABLE "User" ADD CONSTRAINT chk_user_email_format
    CHECK (email ~* '^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$') NOT VALID;

ALTER TABLE "User" ADD CONSTRAINT chk_user_username_length
    CHECK (char_length(username) >= 3 AND char_length(username) <= 50) NOT VALID;

ALTER TABLE "Payment" ADD CONSTRAINT chk_payment_amount_positive
    CHECK (amount_sats > 0) NOT VALID;

ALTER TABLE "MarginGuardConfig" ADD CONSTRAINT chk_margin_threshold_range
    CHECK (margin_threshold >= 1 AND margin_threshold <= 50) NOT VALID;

-- +goose Down
SET LOCAL lock_timeout = '5s';

ALTER TABLE "MarginGuardConfig" DROP CONSTRAINT chk_margin_threshold_range;
ALTER TABLE "Payment" DROP CONSTRAINT chk_payment_amount_positive;
ALTER TABLE "User" DROP CONSTRAINT chk_user_username_length;
ALTER TABLE "User" DROP CONSTRAINT chk_user_email_format;
