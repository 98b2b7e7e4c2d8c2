-- The indexes that the design declares inside its models, and those that its half-defined models
-- need: foreign keys without an index make every delete of a user read the whole child table, and
-- the audit trail is searched by action and by resource.
-- AutomationType has three rows; it gets none beside its unique keys.
-- Some of these repeat a unique key or the head of a composite index. They are here because the
-- design lists them by name and the Prisma schema of the web application expects to find them.
--
-- Files without a transaction hold nothing but index statements: pkg/migrate runs them one by one,
-- looks into the catalog before and after each, and drops what a broken earlier run left INVALID.

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY "idx_user_email" ON "User" ("email");
CREATE INDEX CONCURRENTLY "idx_user_email_verification_token" ON "User" ("email_verification_token");
CREATE INDEX CONCURRENTLY "idx_user_password_reset_token" ON "User" ("password_reset_token");

CREATE INDEX CONCURRENTLY "idx_refresh_token_user_id" ON "RefreshToken" ("user_id");
CREATE INDEX CONCURRENTLY "idx_refresh_token_expires_at" ON "RefreshToken" ("expires_at");
CREATE INDEX CONCURRENTLY "idx_refresh_token_revoked" ON "RefreshToken" ("is_revoked");

CREATE INDEX CONCURRENTLY "idx_security_audit_user_id" ON "SecurityAuditLog" ("user_id");
CREATE INDEX CONCURRENTLY "idx_security_audit_action" ON "SecurityAuditLog" ("action");
CREATE INDEX CONCURRENTLY "idx_security_audit_created_at" ON "SecurityAuditLog" ("created_at");

CREATE INDEX CONCURRENTLY "idx_audit_log_action" ON "AuditLog" ("action");
CREATE INDEX CONCURRENTLY "idx_audit_log_resource" ON "AuditLog" ("resource", "resource_id");

CREATE INDEX CONCURRENTLY "idx_exchange_slug" ON "Exchange" ("slug");
CREATE INDEX CONCURRENTLY "idx_exchange_active" ON "Exchange" ("is_active");

CREATE INDEX CONCURRENTLY "idx_user_exchange_credentials_user_id" ON "UserExchangeCredentials" ("user_id");
CREATE INDEX CONCURRENTLY "idx_user_exchange_credentials_exchange_id" ON "UserExchangeCredentials" ("exchange_id");
CREATE INDEX CONCURRENTLY "idx_user_exchange_credentials_active" ON "UserExchangeCredentials" ("is_active");
CREATE INDEX CONCURRENTLY "idx_user_exchange_credentials_verified" ON "UserExchangeCredentials" ("is_verified");

CREATE INDEX CONCURRENTLY "idx_user_exchange_accounts_user_id" ON "UserExchangeAccounts" ("user_id");
CREATE INDEX CONCURRENTLY "idx_user_exchange_accounts_exchange_id" ON "UserExchangeAccounts" ("exchange_id");
CREATE INDEX CONCURRENTLY "idx_user_exchange_accounts_active" ON "UserExchangeAccounts" ("is_active");
CREATE INDEX CONCURRENTLY "idx_user_exchange_accounts_verified" ON "UserExchangeAccounts" ("is_verified");

CREATE INDEX CONCURRENTLY "idx_automation_user_id" ON "Automation" ("user_id");
CREATE INDEX CONCURRENTLY "idx_automation_account_id" ON "Automation" ("user_exchange_account_id");
CREATE INDEX CONCURRENTLY "idx_automation_type" ON "Automation" ("type");
CREATE INDEX CONCURRENTLY "idx_automation_status" ON "Automation" ("status");
CREATE INDEX CONCURRENTLY "idx_automation_risk_level" ON "Automation" ("risk_level");
CREATE INDEX CONCURRENTLY "idx_automation_plan_type" ON "Automation" ("plan_type");

CREATE INDEX CONCURRENTLY "idx_tradelog_user_id" ON "TradeLog" ("user_id");
CREATE INDEX CONCURRENTLY "idx_tradelog_automation_id" ON "TradeLog" ("automation_id");
CREATE INDEX CONCURRENTLY "idx_tradelog_status" ON "TradeLog" ("status");
CREATE INDEX CONCURRENTLY "idx_tradelog_action" ON "TradeLog" ("action");
CREATE INDEX CONCURRENTLY "idx_tradelog_executed_at" ON "TradeLog" ("executed_at");

CREATE INDEX CONCURRENTLY "idx_margin_guard_config_user_id" ON "MarginGuardConfig" ("user_id");
CREATE INDEX CONCURRENTLY "idx_margin_guard_config_active" ON "MarginGuardConfig" ("is_active");

CREATE INDEX CONCURRENTLY "idx_payment_user_id" ON "Payment" ("user_id");
CREATE INDEX CONCURRENTLY "idx_payment_hash" ON "Payment" ("payment_hash");
CREATE INDEX CONCURRENTLY "idx_payment_status" ON "Payment" ("status");
CREATE INDEX CONCURRENTLY "idx_payment_expires_at" ON "Payment" ("expires_at");
CREATE INDEX CONCURRENTLY "idx_payment_plan_type" ON "Payment" ("plan_type");

CREATE INDEX CONCURRENTLY "idx_plan_slug" ON "Plan" ("slug");
CREATE INDEX CONCURRENTLY "idx_plan_active" ON "Plan" ("is_active");
CREATE INDEX CONCURRENTLY "idx_plan_sort_order" ON "Plan" ("sort_order");
CREATE INDEX CONCURRENTLY "idx_plan_limits_plan_id" ON "PlanLimits" ("plan_id");

CREATE INDEX CONCURRENTLY "idx_notification_user_id" ON "Notification" ("user_id");
CREATE INDEX CONCURRENTLY "idx_backtest_report_user_id" ON "BacktestReport" ("user_id");
CREATE INDEX CONCURRENTLY "idx_simulation_user_id" ON "Simulation" ("user_id");

-- +goose Down
DROP INDEX CONCURRENTLY "idx_simulation_user_id";
DROP INDEX CONCURRENTLY "idx_backtest_report_user_id";
DROP INDEX CONCURRENTLY "idx_notification_user_id";
DROP INDEX CONCURRENTLY "idx_plan_limits_plan_id";
DROP INDEX CONCURRENTLY "idx_plan_sort_order";
DROP INDEX CONCURRENTLY "idx_plan_active";
DROP INDEX CONCURRENTLY "idx_plan_slug";
DROP INDEX CONCURRENTLY "idx_payment_plan_type";
DROP INDEX CONCURRENTLY "idx_payment_expires_at";
DROP INDEX CONCURRENTLY "idx_payment_status";
DROP INDEX CONCURRENTLY "idx_payment_hash";
DROP INDEX CONCURRENTLY "idx_payment_user_id";
DROP INDEX CONCURRENTLY "idx_margin_guard_config_active";
DROP INDEX CONCURRENTLY "idx_margin_guard_config_user_id";
DROP INDEX CONCURRENTLY "idx_tradelog_executed_at";
DROP INDEX CONCURRENTLY "idx_tradelog_action";
DROP INDEX CONCURRENTLY "idx_tradelog_status";
DROP INDEX CONCURRENTLY "idx_tradelog_automation_id";
DROP INDEX CONCURRENTLY "idx_tradelog_user_id";
DROP INDEX CONCURRENTLY "idx_automation_plan_type";
DROP INDEX CONCURRENTLY "idx_automation_risk_level";
DROP INDEX CONCURRENTLY "idx_automation_status";
DROP INDEX CONCURRENTLY "idx_automation_type";
DROP INDEX CONCURRENTLY "idx_automation_account_id";
DROP INDEX CONCURRENTLY "idx_automation_user_id";
DROP INDEX CONCURRENTLY "idx_user_exchange_accounts_verified";
DROP INDEX CONCURRENTLY "idx_user_exchange_accounts_active";
DROP INDEX CONCURRENTLY "idx_user_exchange_accounts_exchange_id";
DROP INDEX CONCURRENTLY "idx_user_exchange_accounts_user_id";
DROP INDEX CONCURRENTLY "idx_user_exchange_credentials_verified";
DROP INDEX CONCURRENTLY "idx_user_exchange_credentials_active";
DROP INDEX CONCURRENTLY "idx_user_exchange_credentials_exchange_id";
DROP INDEX CONCURRENTLY "idx_user_exchange_credentials_user_id";
DROP INDEX CONCURRENTLY "idx_exchange_active";
DROP INDEX CONCURRENTLY "idx_exchange_slug";
DROP INDEX CONCURRENTLY "idx_audit_log_resource";
DROP INDEX CONCURRENTLY "idx_audit_log_action";
DROP INDEX CONCURRENTLY "idx_security_audit_created_at";
DROP INDEX CONCURRENTLY "idx_security_audit_action";
DROP INDEX CONCURRENTLY "idx_security_audit_user_id";
DROP INDEX CONCURRENTLY "idx_refresh_token_revoked";
DROP INDEX CONCURRENTLY "idx_refresh_token_expires_at";
DROP INDEX CONCURRENTLY "idx_refresh_token_user_id";
DROP INDEX CONCURRENTLY "idx_user_password_reset_token";
DROP INDEX CONCURRENTLY "idx_user_email_verification_token";
DROP INDEX CONCURRENTLY "idx_user_email";
