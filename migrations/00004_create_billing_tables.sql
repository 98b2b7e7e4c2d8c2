-- Plans, their limits and the payments for them. "User"."plan_type" and "Plan"."slug" are linked by
-- equal text only; the design has no foreign key between them.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE "Payment" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "user_id" TEXT NOT NULL,
    "amount_sats" INTEGER NOT NULL,
    "lightning_invoice" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "paid_at" TIMESTAMP(6),
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "plan_type" "PlanType" NOT NULL,
    "description" TEXT,
    "expires_at" TIMESTAMP(6),
    "payment_hash" TEXT,
    "preimage" TEXT,
    "expiry_seconds" INTEGER,
    "payment_method" TEXT,
    "amount" DOUBLE PRECISION,

    CONSTRAINT "Payment_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Payment_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

CREATE TABLE "Plan" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "description" TEXT,
    "price_sats" INTEGER NOT NULL DEFAULT 0,
    "price_monthly" INTEGER,
    "price_yearly" INTEGER,
    "features" JSONB,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "sort_order" INTEGER NOT NULL DEFAULT 0,
    "stripe_price_id" TEXT,
    "has_api_access" BOOLEAN NOT NULL DEFAULT false,
    "has_advanced" BOOLEAN NOT NULL DEFAULT false,
    "has_priority" BOOLEAN NOT NULL DEFAULT false,
    "max_notifications" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Plan_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Plan_name_key" ON "Plan"("name");
CREATE UNIQUE INDEX "Plan_slug_key" ON "Plan"("slug");

CREATE TABLE "PlanLimits" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "plan_id" TEXT NOT NULL,
    "max_exchange_accounts" INTEGER NOT NULL DEFAULT 1,
    "max_automations" INTEGER NOT NULL DEFAULT 5,
    "max_indicators" INTEGER NOT NULL DEFAULT 10,
    "max_simulations" INTEGER NOT NULL DEFAULT 3,
    "max_backtests" INTEGER NOT NULL DEFAULT 5,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "PlanLimits_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "PlanLimits_plan_id_fkey" FOREIGN KEY ("plan_id") REFERENCES "Plan"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "PlanLimits_plan_id_key" ON "PlanLimits"("plan_id");

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE "PlanLimits";
DROP TABLE "Plan";
DROP TABLE "Payment";
