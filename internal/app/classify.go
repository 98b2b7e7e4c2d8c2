package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/progress"
	"github.com/axisor/axisor/internal/config"
	"github.com/axisor/axisor/internal/guard"
	"github.com/axisor/axisor/internal/wholefile"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/bolt11"
	"github.com/axisor/axisor/pkg/crypto"
	"github.com/axisor/axisor/pkg/lightning"
	"github.com/axisor/axisor/pkg/lnmarkets"
	"github.com/axisor/axisor/pkg/migrate"
	"github.com/axisor/axisor/pkg/ownfile"
	"github.com/axisor/axisor/pkg/pgdirect"
	"github.com/axisor/axisor/pkg/pgtls"
	"github.com/axisor/axisor/pkg/rowfile"
	"github.com/axisor/axisor/pkg/store"
)

var errNoDatabase = errors.New("no database is configured")

const (
	hintDev       = "no database yet? axisor dev up starts a private one here"
	hintConfigure = "set DATABASE_URL, or database.url in the file that axisor config path names"
	hintMigrate   = "axisor migrate up"
	codeDenied    = "database_denied"
	codeNoFile    = "file_not_found"
	hintFile      = "paths are relative to the working directory; ~ is the home directory"
	hintServer    = "is the server running? axisor config show --origins tells where this address comes from"
	hintRoles     = "axisor db roles create makes the role, sets its grants and lets this login use it"
)

// rules are the one list of what a sentinel means to a command: the specific before the general.
func rules() []clierr.Rule {
	return append(backupRules(), []clierr.Rule{
		clierr.For(syscall.ENOSPC, clierr.Failure, "disk_full", "free some space and run the command again"),
		clierr.For(syscall.EDQUOT, clierr.Failure, "disk_full", "free some space and run the command again"),

		clierr.For(errNoDatabase, clierr.Config, "no_database_configured", hintConfigure, hintDev),
		clierr.For(store.ErrURL, clierr.Config, "database_url_invalid", hintConfigure),
		clierr.For(config.ErrNoKey, clierr.Config, "no_encryption_key", "set ENCRYPTION_KEY (at least 32 characters), or encryption.key_file", "axisor config init proposes a new key; axisor dev up makes one for a private database"),

		clierr.For(migrate.ErrUnadopted, clierr.Schema, "schema_not_adopted", "axisor migrate baseline --dry-run says what adopting them would do; then axisor migrate baseline"),
		clierr.For(migrate.ErrAdopted, clierr.Conflict, "schema_adopted", fmt.Sprintf("axisor migrate down --to %d", migrate.BaselineVersion)),
		clierr.For(migrate.ErrNoSchema, clierr.Schema, "schema_missing", hintMigrate),
		clierr.For(migrate.ErrSchemaOld, clierr.Schema, "schema_old", hintMigrate),
		clierr.For(migrate.ErrHidden, clierr.Schema, "schema_hidden", "say where they are in the address (schema=…), or: ALTER ROLE … SET search_path; axisor migrate verify names what is hidden"),
		clierr.For(migrate.ErrSchemaNew, clierr.Schema, "schema_new", "install the axisor that migrated this database, or a newer one"),
		clierr.For(migrate.ErrBusy, clierr.Locked, "table_busy", "run the command again, or raise --lock-timeout"),
		clierr.For(migrate.ErrLocked, clierr.Locked, "migration_running", "wait for the other run, or raise --lock-timeout"),
		clierr.For(migrate.ErrPoolTooSmall, clierr.Config, "pool_too_small", "set database.max_connections to 2 or more"),
		clierr.For(migrate.ErrUnknownVersion, clierr.NotFound, "migration_not_found", "axisor migrate status"),

		clierr.For(pgtls.ErrUnprotected, clierr.Config, "connection_unprotected", pgtls.Hints()...),
		clierr.For(store.ErrNotFound, clierr.NotFound, "not_found"),
		clierr.For(store.ErrSchemaMissing, clierr.Schema, "schema_missing", hintMigrate),
		clierr.For(store.ErrNoDatabase, clierr.Unavailable, "database_missing", "create it (createdb), or correct database.url", hintDev),
		clierr.For(store.ErrAuth, clierr.Denied, "database_login_refused", "check user and password in database.url", "axisor config show --origins"),
		clierr.For(store.ErrAsUser, clierr.Denied, "as_user_refused", hintRoles),
		clierr.For(store.ErrDenied, clierr.Denied, codeDenied, "the database role lacks a right; ask its owner for a GRANT"),
		clierr.For(store.ErrReadOnly, clierr.Denied, "database_read_only", "a standby takes no writes: connect to the primary", "or the database or role is set read-only: SHOW default_transaction_read_only"),
		clierr.For(store.ErrConnectionLost, clierr.Unavailable, "connection_lost", "run the command again: what was not confirmed was not written"),
		clierr.For(store.ErrPoolExhausted, clierr.Unavailable, "pool_exhausted", "raise database.max_connections or database.pool_timeout"),
		clierr.For(store.ErrUnavailable, clierr.Unavailable, "database_unreachable", hintServer, hintDev),
		clierr.For(store.ErrTimeout, clierr.Unavailable, "timeout", "raise --timeout or database.statement_timeout"),
		clierr.For(store.ErrSerialization, clierr.Unavailable, "serialization", "run the command again"),
		clierr.For(store.ErrLocked, clierr.Locked, "row_locked", "someone else is changing the same rows; run the command again"),
		clierr.For(store.ErrConflict, clierr.Conflict, "conflict"),
		clierr.For(store.ErrInvalid, clierr.Usage, "invalid_value"),

		clierr.For(crypto.ErrWrongKey, clierr.Denied, "wrong_encryption_key", "is this the ENCRYPTION_KEY the value was written with? older keys go into encryption.previous_keys"),
		clierr.For(crypto.ErrAltered, clierr.Denied, "credential_altered", "store these credentials again: axisor credential check shows where they are"),
		clierr.For(crypto.ErrNotAccepted, clierr.Denied, "credential_format_not_accepted",
			"only formats of encryption.accept are opened: axisor credential check --problems shows the others",
			"when the value is sure to be that user's: axisor credential rekey --accept-unbound, or store it again",
		),
		clierr.For(admin.ErrForeignKey, clierr.Denied, "encryption_key_unknown",
			"is this the key of this database? axisor config show --origins",
			"a new key on purpose: name the older one in encryption.previous_keys and run axisor credential rekey",
			"when the older key is lost for good: add --new-key",
		),
		clierr.For(crypto.ErrFormat, clierr.Failure, "credential_unreadable", "axisor credential check"),
		clierr.For(crypto.ErrKeyTooShort, clierr.Config, "encryption_key_too_short", "the key needs at least 32 characters"),
		clierr.For(crypto.ErrPasswordTooLong, clierr.Usage, "password_too_long", "bcrypt reads 72 bytes; choose a shorter password"),

		clierr.For(lnmarkets.ErrUnauthorized, clierr.Denied, "exchange_refused_key"),
		clierr.For(lnmarkets.ErrForbidden, clierr.Denied, "exchange_scope_missing"),
		clierr.For(lnmarkets.ErrRateLimited, clierr.Unavailable, "exchange_rate_limited"),
		clierr.For(lnmarkets.ErrUnavailable, clierr.Unavailable, "exchange_unavailable", "is lnmarkets.base_url right? axisor config show --origins"),

		clierr.For(lightning.ErrDenied, clierr.Denied, "node_refused_key", "check payments.lnd_macaroon_file or payments.lnbits_key_file"),
		clierr.For(lightning.ErrOptions, clierr.Config, "node_misconfigured", "axisor config show --origins"),
		clierr.For(lightning.ErrRefused, clierr.Failure, "node_refused"),
		clierr.For(lightning.ErrUnavailable, clierr.Unavailable, "node_unavailable", "is the address of the backend right? axisor config show --origins"),

		clierr.For(progress.ErrStopped, clierr.Interrupted, "interrupted"),
		clierr.For(context.Canceled, clierr.Interrupted, "interrupted"),
		clierr.For(context.DeadlineExceeded, clierr.Unavailable, "timeout", "raise --timeout"),
		clierr.For(wholefile.ErrExists, clierr.Conflict, "file_exists", "--force replaces it"),
		clierr.For(fs.ErrPermission, clierr.Denied, "permission", "run as the user who owns it, or let this user read it"),
		clierr.For(fs.ErrNotExist, clierr.NotFound, codeNoFile, hintFile),
		clierr.For(syscall.ENOTDIR, clierr.NotFound, codeNoFile, hintFile),
		clierr.For(syscall.ENAMETOOLONG, clierr.NotFound, codeNoFile, hintFile),
		clierr.For(syscall.EISDIR, clierr.Usage, "file_is_directory", "name a file in it"),
		clierr.For(config.ErrTooLarge, clierr.Usage, "file_too_large", "is it the right file?"),
	}...)
}

// Classify sorts an error of any package into a kind. What it does not know stays a failure with its own text.
func (a *App) Classify(err error) *clierr.Error {
	var e *clierr.Error
	if errors.As(err, &e) {
		return e
	}
	for _, domain := range []func(error) *clierr.Error{classifyBackup, guard.Classify} {
		if e := domain(err); e != nil {
			return e.WithCause(err)
		}
	}
	var usage *output.UsageError
	if errors.As(err, &usage) {
		return withHint(clierr.Usagef("%s", usage.Message), usage.Hint)
	}
	var jq *output.JQError
	if errors.As(err, &jq) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		if errors.Is(err, output.ErrMemory) {
			return clierr.New(clierr.Failure, "jq_failed", jq.Error(), "use -o jsonl, or ask for fewer rows").WithCause(err)
		}
		return clierr.Usagef("%s", jq.Error()).WithCause(err)
	}
	var argument *store.ArgumentError
	if errors.As(err, &argument) {
		return clierr.Usagef("%s", argument.Error()).WithCause(err)
	}
	var file *rowfile.FormatError
	if errors.As(err, &file) {
		return withHint(clierr.New(clierr.Usage, "file_invalid", err.Error()), file.Hint).WithCause(err)
	}
	var pooler *pgdirect.Error
	if errors.As(err, &pooler) {
		return clierr.New(clierr.Config, "pooler", err.Error(), pooler.Hints()...).WithCause(err)
	}
	var missing *store.NotFoundError
	if errors.As(err, &missing) {
		return notFound(missing.Kind, missing.Ref, missing.Near).WithCause(err)
	}
	var input *admin.InputError
	if errors.As(err, &input) {
		return withHint(clierr.New(clierr.Usage, "invalid_"+input.Field, input.Error()), input.Hint).WithCause(err)
	}
	var conflict *admin.ConflictError
	if errors.As(err, &conflict) {
		code := conflict.Code
		if code == "" {
			code = conflict.Kind + "_exists"
		}
		e := clierr.New(clierr.Conflict, code, conflict.Error()).WithCause(err)
		if conflict.Existing != "" {
			e.Details = map[string]any{"existing_id": conflict.Existing}
		}
		return withHint(e, conflict.Hint)
	}
	var invoice *bolt11.Error
	if errors.As(err, &invoice) {
		return clierr.New(clierr.Usage, "invoice_"+string(invoice.Class), invoice.Error()).WithCause(err)
	}
	var ambiguous *store.AmbiguousError
	if errors.As(err, &ambiguous) && ambiguous.Beginning {
		return clierr.New(clierr.Usage, ambiguous.Kind+"_ambiguous", ambiguous.Error(), "type more of the id").WithCause(err)
	}
	if ambiguous != nil {
		return clierr.New(clierr.Conflict, ambiguous.Kind+"_ambiguous", ambiguous.Error(), "use the id").WithCause(err)
	}
	var cfg *config.Error
	if errors.As(err, &cfg) {
		return clierr.New(clierr.Config, "config_invalid", err.Error(), config.Hints(err)...)
	}
	var strange *ownfile.UntrustedError
	if errors.As(err, &strange) {
		return clierr.New(clierr.Config, "file_not_trusted", err.Error(), strange.Hint).WithCause(err)
	}
	// Two sessions of ours met in one of the server's, which happens behind a pooler alone.
	var state interface{ SQLState() string }
	if errors.As(err, &state) && (state.SQLState() == "42P05" || state.SQLState() == "26000") {
		return clierr.New(clierr.Config, "pooler", "the connection goes through a pooler, and the address does not say so",
			"add pgbouncer=true to the parameters of database.url",
			"migrations, the guard, backups and restores need the address of PostgreSQL itself").WithCause(err)
	}
	if state != nil && !errors.As(err, new(*store.Error)) { // a library that speaks to the server itself
		if kind := store.Refusal(state.SQLState()); kind != nil {
			err = fmt.Errorf("%w: %w", kind, err)
		}
	}
	sorted := clierr.Sorted(err, rules())
	if sorted == nil {
		return clierr.From(err)
	}
	if a.Globals.AsUser != "" && sorted.Code == codeDenied {
		sorted.Hints = []string{hintRoles}
	}
	return sorted
}

// notFound names what is missing and what was probably meant.
func notFound(kind, ref string, near []string) *clierr.Error {
	e := clierr.New(clierr.NotFound, kind+"_not_found", fmt.Sprintf("no %s %q", strings.ReplaceAll(kind, "_", " "), ref))
	for _, n := range near {
		e.Hints = append(e.Hints, "did you mean "+n+"?")
	}
	if len(near) == 0 {
		e.Hints = append(e.Hints, "axisor "+listOf(kind))
		if slices.Contains(store.SearchKinds(), kind) && searchable(ref) {
			e.Hints = append(e.Hints, "axisor search "+ref)
		}
	}
	return e
}

// listOf is the command that lists things of a kind.
func listOf(kind string) string {
	switch kind {
	case "audit_entry":
		return "audit list"
	case "credential_type":
		return "exchange credential-type list EXCHANGE"
	case "guard_intent", "guard_run":
		return "guard history"
	case "invoice":
		return "payment reconcile --rescan" // an invoice is at the node
	case "session":
		return "user session list USER"
	}
	return strings.ReplaceAll(kind, "_", " ") + " list"
}

// searchable reports whether a search could find a text, and whether a shell would take it as it is.
func searchable(ref string) bool {
	return len(ref) > 3 && strings.Trim(ref, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_.@+") == ""
}

func withHint(e *clierr.Error, hint string) *clierr.Error {
	if hint != "" {
		e.Hints = append(e.Hints, hint)
	}
	return e
}
