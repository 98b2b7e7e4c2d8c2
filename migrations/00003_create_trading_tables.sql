-- Automations, what they did, and the margin guard's configuration.
-- "Automation"."type" points at "AutomationType"."slug", so that column is unique; both it and the
-- account reference RESTRICT a delete, as Prisma does for required columns without onDelete.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE "AutomationType" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "description" TEXT,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "AutomationType_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "AutomationType_name_key" ON "AutomationType"("name");
CREATE UNIQUE INDEX "AutomationType_slug_key" ON "AutomationType"("slug");

CREATE TABLE "Automation" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "user_id" TEXT NOT NULL,
    "user_exchange_account_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "config" JSONB NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "status" TEXT NOT NULL DEFAULT 'active',
    "risk_level" TEXT,
    "plan_type" "PlanType",
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Automation_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "Automation_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "Automation_user_exchange_account_id_fkey" FOREIGN KEY ("user_exchange_account_id") REFERENCES "UserExchangeAccounts"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT "Automation_type_fkey" FOREIGN KEY ("type") REFERENCES "AutomationType"("slug") ON DELETE RESTRICT ON UPDATE CASCADE
);

CREATE TABLE "TradeLog" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "user_id" TEXT NOT NULL,
    "automation_id" TEXT,
    "trade_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "action" TEXT,
    "plan_type" "PlanType",
    "pnl" DOUBLE PRECISION,
    "amount" DOUBLE PRECISION,
    "price" DOUBLE PRECISION,
    "error_message" TEXT,
    "executed_at" TIMESTAMP(6) NOT NULL,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "TradeLog_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "TradeLog_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "TradeLog_automation_id_fkey" FOREIGN KEY ("automation_id") REFERENCES "Automation"("id") ON DELETE SET NULL ON UPDATE CASCADE
);

-- "selected_positions" may be NULL: Prisma gives list columns neither NOT NULL nor a default.
CREATE TABLE "MarginGuardConfig" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "user_id" TEXT NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT false,
    "mode" TEXT NOT NULL DEFAULT 'global',
    "margin_threshold" DOUBLE PRECISION NOT NULL DEFAULT 10,
    "add_margin_percentage" DOUBLE PRECISION NOT NULL DEFAULT 20,
    "selected_positions" TEXT[],
    "individual_configs" JSONB,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "MarginGuardConfig_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "MarginGuardConfig_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "MarginGuardConfig_user_id_key" ON "MarginGuardConfig"("user_id");

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE "MarginGuardConfig";
DROP TABLE "TradeLog";
DROP TABLE "Automation";
DROP TABLE "AutomationType";
