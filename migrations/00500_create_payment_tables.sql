-- What the operators' side of payments must remember beside the design's "Payment" row, which the web application
-- also writes and which therefore gets neither new columns nor new rules.
--   * payment_settlement: why a payment counts as paid. Its key makes a second settlement impossible. A row paid by
--     the web application has none: its hook checks nothing, so such a row is a claim and not a proof.
--   * payment_refund: money that went back. One per payment, and no invoice is paid twice.
--   * payment_intent: an invoice that is about to be asked of a Lightning node. Written first, so that a crash between
--     node and database leaves something to look for. One open intent per user.
--   * payment_reconcile: how far the invoices of a node were compared.
-- A payment goes with its user (the design's rule), and these rows go with the payment; amounts and times of what
-- was settled or refunded stay in the audit log.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE payment_settlement (
    payment_id TEXT NOT NULL,
    source TEXT NOT NULL,
    late BOOLEAN NOT NULL DEFAULT false,
    duplicate_of TEXT,
    backend TEXT,
    received_msat BIGINT,
    plan_before TEXT,
    plan_after TEXT,
    reason TEXT,
    actor TEXT,
    created_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT payment_settlement_pkey PRIMARY KEY (payment_id),
    CONSTRAINT payment_settlement_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES "Payment"(id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_payment_settlement_source CHECK (source IN ('preimage', 'node', 'forced')),
    CONSTRAINT chk_payment_settlement_received CHECK (received_msat >= 0)
);

CREATE TABLE payment_refund (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    payment_id TEXT NOT NULL,
    amount_sats INTEGER NOT NULL,
    lightning_invoice TEXT,
    payment_hash TEXT,
    preimage TEXT,
    reason TEXT NOT NULL,
    actor TEXT,
    created_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT payment_refund_pkey PRIMARY KEY (id),
    CONSTRAINT payment_refund_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES "Payment"(id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT chk_payment_refund_amount CHECK (amount_sats > 0)
);
CREATE UNIQUE INDEX payment_refund_payment_id_key ON payment_refund (payment_id);
CREATE UNIQUE INDEX payment_refund_payment_hash_key ON payment_refund (payment_hash);

CREATE TABLE payment_intent (
    id TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    user_id TEXT NOT NULL,
    plan_type "PlanType" NOT NULL,
    amount_sats INTEGER NOT NULL,
    expiry_seconds INTEGER NOT NULL,
    description TEXT NOT NULL,
    backend TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'planned',
    error TEXT,
    payment_id TEXT,
    actor TEXT,
    created_at TIMESTAMP(6) NOT NULL,
    updated_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT payment_intent_pkey PRIMARY KEY (id),
    CONSTRAINT payment_intent_user_id_fkey FOREIGN KEY (user_id) REFERENCES "User"(id) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT payment_intent_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES "Payment"(id) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT chk_payment_intent_state CHECK (state IN ('planned', 'recorded', 'refused', 'abandoned')),
    CONSTRAINT chk_payment_intent_amount CHECK (amount_sats > 0)
);
CREATE UNIQUE INDEX payment_intent_open_key ON payment_intent (user_id) WHERE state = 'planned';
CREATE INDEX idx_payment_intent_payment_id ON payment_intent (payment_id);

CREATE TABLE payment_reconcile (
    backend TEXT NOT NULL,
    address TEXT NOT NULL,
    mark BIGINT NOT NULL,
    updated_at TIMESTAMP(6) NOT NULL,

    CONSTRAINT payment_reconcile_pkey PRIMARY KEY (backend, address)
);

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE payment_reconcile;
DROP TABLE payment_intent;
DROP TABLE payment_refund;
DROP TABLE payment_settlement;
