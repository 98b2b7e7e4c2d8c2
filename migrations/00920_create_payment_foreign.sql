-- Money that a Lightning node received and that is no payment of ours: an operator said so, with a reason. The invoices of
-- these payment hashes are not told again as money without a payment. Nothing refers to a row, and a row to nothing: the
-- node's invoice is no row of this database. If a payment is recorded for such an invoice after all, it counts as any other.
--   * No row belongs to a user, so there is no row security, as there is none of payment_reconcile.
--   * payment_hash is in hex, of small letters. received_msat is in thousandths of a sat.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE axisor.payment_foreign (
    payment_hash TEXT NOT NULL,
    backend TEXT NOT NULL,
    address TEXT NOT NULL,
    received_msat BIGINT,
    settled_at TIMESTAMP(6),
    reason TEXT NOT NULL,
    actor TEXT,
    created_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT payment_foreign_pkey PRIMARY KEY (payment_hash),
    CONSTRAINT chk_payment_foreign_hash CHECK (payment_hash ~ '^[0-9a-f]{64}$'),
    CONSTRAINT chk_payment_foreign_reason CHECK (reason <> '')
);

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE axisor.payment_foreign;
