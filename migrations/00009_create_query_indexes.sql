-- The indexes of the design's SQL list that no model declares: single columns, composites and
-- partial ones. A partial index is only used when the query states its predicate as a literal.
-- The two idx_security_audit_log_* repeat idx_security_audit_* under a second name; both are named
-- by the design.

-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY "idx_user_username" ON "User" ("username");
CREATE INDEX CONCURRENTLY "idx_user_plan_type" ON "User" ("plan_type");
CREATE INDEX CONCURRENTLY "idx_user_is_active" ON "User" ("is_active");
CREATE INDEX CONCURRENTLY "idx_user_created_at" ON "User" ("created_at");
CREATE INDEX CONCURRENTLY "idx_automation_is_active" ON "Automation" ("is_active");
CREATE INDEX CONCURRENTLY "idx_payment_created_at" ON "Payment" ("created_at");
CREATE INDEX CONCURRENTLY "idx_security_audit_log_user_id" ON "SecurityAuditLog" ("user_id");
CREATE INDEX CONCURRENTLY "idx_security_audit_log_created_at" ON "SecurityAuditLog" ("created_at");
CREATE INDEX CONCURRENTLY "idx_audit_log_user_id" ON "AuditLog" ("user_id");
CREATE INDEX CONCURRENTLY "idx_audit_log_created_at" ON "AuditLog" ("created_at");

CREATE INDEX CONCURRENTLY "idx_automation_user_active" ON "Automation" ("user_id", "is_active");
CREATE INDEX CONCURRENTLY "idx_automation_account_active" ON "Automation" ("user_exchange_account_id", "is_active");
CREATE INDEX CONCURRENTLY "idx_tradelog_user_executed" ON "TradeLog" ("user_id", "executed_at");
CREATE INDEX CONCURRENTLY "idx_tradelog_automation_executed" ON "TradeLog" ("automation_id", "executed_at");
CREATE INDEX CONCURRENTLY "idx_payment_user_status" ON "Payment" ("user_id", "status");
CREATE INDEX CONCURRENTLY "idx_security_audit_user_action" ON "SecurityAuditLog" ("user_id", "action");
CREATE INDEX CONCURRENTLY "idx_audit_log_user_action" ON "AuditLog" ("user_id", "action");

CREATE INDEX CONCURRENTLY "idx_automation_active_only" ON "Automation" ("user_id", "status") WHERE is_active = true;
CREATE INDEX CONCURRENTLY "idx_tradelog_successful" ON "TradeLog" ("user_id", "executed_at") WHERE status = 'success';
CREATE INDEX CONCURRENTLY "idx_payment_pending" ON "Payment" ("user_id", "created_at") WHERE status = 'pending';
CREATE INDEX CONCURRENTLY "idx_security_audit_failed" ON "SecurityAuditLog" ("user_id", "created_at") WHERE success = false;

-- +goose Down
DROP INDEX CONCURRENTLY "idx_security_audit_failed";
DROP INDEX CONCURRENTLY "idx_payment_pending";
DROP INDEX CONCURRENTLY "idx_tradelog_successful";
DROP INDEX CONCURRENTLY "idx_automation_active_only";
DROP INDEX CONCURRENTLY "idx_audit_log_user_action";
DROP INDEX CONCURRENTLY "idx_security_audit_user_action";
DROP INDEX CONCURRENTLY "idx_payment_user_status";
DROP INDEX CONCURRENTLY "idx_tradelog_automation_executed";
DROP INDEX CONCURRENTLY "idx_tradelog_user_executed";
DROP INDEX CONCURRENTLY "idx_automation_account_active";
DROP INDEX CONCURRENTLY "idx_automation_user_active";
DROP INDEX CONCURRENTLY "idx_audit_log_created_at";
DROP INDEX CONCURRENTLY "idx_audit_log_user_id";
DROP INDEX CONCURRENTLY "idx_security_audit_log_created_at";
DROP INDEX CONCURRENTLY "idx_security_audit_log_user_id";
DROP INDEX CONCURRENTLY "idx_payment_created_at";
DROP INDEX CONCURRENTLY "idx_automation_is_active";
DROP INDEX CONCURRENTLY "idx_user_created_at";
DROP INDEX CONCURRENTLY "idx_user_is_active";
DROP INDEX CONCURRENTLY "idx_user_plan_type";
DROP INDEX CONCURRENTLY "idx_user_username";
