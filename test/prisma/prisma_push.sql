-- What `prisma db push` does to a migrated database; to record it anew: make interop with AXISOR_UPDATE=1.
DROP INDEX "idx_audit_log_user_action";
DROP INDEX "idx_automation_account_active";
DROP INDEX "idx_automation_is_active";
DROP INDEX "idx_automation_user_active";
DROP INDEX "idx_payment_created_at";
DROP INDEX "idx_payment_user_status";
DROP INDEX "idx_security_audit_user_action";
DROP INDEX "idx_tradelog_automation_executed";
DROP INDEX "idx_tradelog_user_executed";
DROP INDEX "idx_user_created_at";
DROP INDEX "idx_user_is_active";
DROP INDEX "idx_user_plan_type";
DROP INDEX "idx_user_username";
