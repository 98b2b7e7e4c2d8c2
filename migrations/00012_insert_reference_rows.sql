-- The rows without which nothing works: the exchange with the fields of its credentials, the
-- automation types and the five plans with their limits; -1 means unlimited.
-- Rows that exist, under their slug or their name, are left as the operator made them.
-- Down leaves the rows: accounts and automations refer to them, and operators edit them.
-- Times are written in UTC whatever the session's time zone is.

-- +goose Up
SET LOCAL lock_timeout = '5s';

INSERT INTO "Exchange" (name, slug, website, api_version, created_at, updated_at)
VALUES ('LN Markets', 'lnmarkets', 'https://lnmarkets.com', 'v3', now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC')
ON CONFLICT DO NOTHING;

INSERT INTO "ExchangeCredentialType" (exchange_id, name, field_name, field_type, is_required, "order", created_at, updated_at)
SELECT e.id, t.name, t.field_name, t.field_type, true, t.position, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
FROM "Exchange" e
CROSS JOIN (VALUES
    ('API Key', 'api_key', 'text', 1),
    ('API Secret', 'api_secret', 'password', 2),
    ('Passphrase', 'passphrase', 'password', 3)
) AS t (name, field_name, field_type, position)
WHERE e.slug = 'lnmarkets'
ON CONFLICT DO NOTHING;

INSERT INTO "AutomationType" (name, slug, created_at, updated_at)
SELECT t.name, t.slug, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
FROM (VALUES
    ('Margin Guard', 'margin_guard'),
    ('Take Profit / Stop Loss', 'tp_sl'),
    ('Automatic Entries', 'auto_entry')
) AS t (name, slug)
ON CONFLICT DO NOTHING;

INSERT INTO "Plan" (name, slug, price_sats, price_yearly, sort_order, has_api_access, has_advanced, has_priority,
    max_notifications, created_at, updated_at)
SELECT t.name, t.slug, t.price_sats, t.price_yearly, t.sort_order, t.has_api_access, t.has_advanced, t.has_priority,
    t.max_notifications, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
FROM (VALUES
    ('Free', 'free', 0, NULL, 1, false, false, false, 10),
    ('Basic', 'basic', 100000, 100000, 2, true, false, true, 25),
    ('Advanced', 'advanced', 250000, 250000, 3, true, true, true, 50),
    ('Pro', 'pro', 500000, 500000, 4, true, true, true, 100),
    ('Lifetime', 'lifetime', 1000000, NULL, 5, true, true, true, -1)
) AS t (name, slug, price_sats, price_yearly, sort_order, has_api_access, has_advanced, has_priority, max_notifications)
ON CONFLICT DO NOTHING;

INSERT INTO "PlanLimits" (plan_id, max_exchange_accounts, max_automations, max_indicators, max_simulations,
    max_backtests, created_at, updated_at)
SELECT p.id, t.accounts, t.automations, t.indicators, t.simulations, t.backtests,
    now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
FROM "Plan" p
JOIN (VALUES
    ('free', 1, 1, 3, 5, 2),
    ('basic', 2, 3, 10, 20, 10),
    ('advanced', 5, 8, 25, 50, 25),
    ('pro', 10, 15, 50, 100, 50),
    ('lifetime', -1, -1, -1, -1, -1)
) AS t (slug, accounts, automations, indicators, simulations, backtests) ON t.slug = p.slug
ON CONFLICT DO NOTHING;

-- +goose Down
SET LOCAL lock_timeout = '5s';
