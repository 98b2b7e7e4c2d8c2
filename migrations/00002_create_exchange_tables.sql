-- Exchanges, the fields their credentials consist of, and the two stores of user credentials.

-- +goose Up
SET LOCAL lock_timeout = '5s';

CREATE TABLE "Exchange" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "description" TEXT,
    "website" TEXT,
    "logo_url" TEXT,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "api_version" TEXT,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Exchange_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "Exchange_name_key" ON "Exchange"("name");
CREATE UNIQUE INDEX "Exchange_slug_key" ON "Exchange"("slug");

CREATE TABLE "ExchangeCredentialType" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "exchange_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "field_name" TEXT NOT NULL,
    "field_type" TEXT NOT NULL DEFAULT 'text',
    "is_required" BOOLEAN NOT NULL DEFAULT true,
    "description" TEXT,
    "order" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ExchangeCredentialType_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "ExchangeCredentialType_exchange_id_fkey" FOREIGN KEY ("exchange_id") REFERENCES "Exchange"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "ExchangeCredentialType_exchange_id_field_name_key" ON "ExchangeCredentialType"("exchange_id", "field_name");

CREATE TABLE "UserExchangeCredentials" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "user_id" TEXT NOT NULL,
    "exchange_id" TEXT NOT NULL,
    "credentials" JSONB NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT true,
    "is_verified" BOOLEAN NOT NULL DEFAULT false,
    "last_test" TIMESTAMP(6),
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "UserExchangeCredentials_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "UserExchangeCredentials_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "UserExchangeCredentials_exchange_id_fkey" FOREIGN KEY ("exchange_id") REFERENCES "Exchange"("id") ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "idx_user_exchange_credentials_unique" ON "UserExchangeCredentials"("user_id", "exchange_id");

CREATE TABLE "UserExchangeAccounts" (
    "id" TEXT NOT NULL DEFAULT (gen_random_uuid())::text,
    "user_id" TEXT NOT NULL,
    "exchange_id" TEXT NOT NULL,
    "account_name" TEXT NOT NULL DEFAULT 'Account 01',
    "credentials" JSONB NOT NULL,
    "is_active" BOOLEAN NOT NULL DEFAULT false,
    "is_verified" BOOLEAN NOT NULL DEFAULT false,
    "last_test" TIMESTAMP(6),
    "created_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "UserExchangeAccounts_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "UserExchangeAccounts_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "User"("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "UserExchangeAccounts_exchange_id_fkey" FOREIGN KEY ("exchange_id") REFERENCES "Exchange"("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- +goose Down
SET LOCAL lock_timeout = '5s';

DROP TABLE "UserExchangeAccounts";
DROP TABLE "UserExchangeCredentials";
DROP TABLE "ExchangeCredentialType";
DROP TABLE "Exchange";
