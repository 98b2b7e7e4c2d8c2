package app

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/axisor/axisor/internal/cli/clierr"
	"github.com/axisor/axisor/pkg/backup"
	"github.com/axisor/axisor/pkg/backup/remote"
)

// classifyBackup sorts the typed errors of pkg/backup; nil when it is none of them.
func classifyBackup(err error) *clierr.Error {
	var (
		missing *backup.NotFoundError
		lost    *backup.UnreachableError
		input   *backup.InputError
		rights  *backup.RightsError
		roles   *backup.MissingRolesError
		spaces  *backup.TablespacesError
		tool    *backup.ToolError
		place   *backup.RepositoryError
	)
	switch {
	case errors.As(err, &missing):
		return backupNotFound(missing)
	case errors.As(err, &lost):
		return clierr.New(clierr.Conflict, "point_unreachable", err.Error(), lost.Hint)
	case errors.As(err, &input):
		return wrongInput(input)
	case errors.As(err, &rights):
		return clierr.New(clierr.Denied, "role_denied", err.Error(), rightsHints(rights)...)
	case errors.As(err, &roles) && roles.Wanted:
		return clierr.New(clierr.Conflict, "role_missing", err.Error(), "create it: CREATE ROLE "+backup.QuoteName(roles.Roles[0].As)+"; or leave --role out")
	case roles != nil:
		return clierr.New(clierr.Conflict, "role_missing", err.Error(),
			fmt.Sprintf("let another one take the place of the backup's %s: --map-role %s=NAME; or CREATE ROLE %s", roles.Roles[0].Name, roles.Roles[0].Name, roles.Roles[0].As))
	case errors.As(err, &spaces):
		var hints []string
		for _, t := range spaces.Missing {
			hints = append(hints, fmt.Sprintf("add --tablespace-map %s=NEWDIR", t.Location))
		}
		return clierr.New(clierr.Usage, "tablespace_map_needed", err.Error(), hints...)
	case errors.As(err, &tool) && errors.Is(tool.Kind, backup.ErrToolFailed):
		return toolFailed(tool, err)
	case errors.As(err, &place) && place.Open:
		return clierr.New(clierr.Config, "backup_directory_open", err.Error(), "chmod go-w "+place.Directory, "then look whether every file in it is yours: ls -la "+place.Directory)
	case place != nil && errors.Is(err, fs.ErrPermission):
		return clierr.New(clierr.Denied, "permission", err.Error(), "run as the user who owns the backup directory, or set backup.directory")
	}
	return nil
}

func backupRules() []clierr.Rule {
	install := "install the PostgreSQL client programs of the server's major version or a newer one (Debian: apt-get install postgresql-client), or name their directory with --pg-bin or AXISOR_PG_BIN"
	return []clierr.Rule{
		clierr.For(backup.ErrLocked, clierr.Locked, "backup_running", "wait for the other run; the message names it"),
		clierr.For(backup.ErrToolMissing, clierr.Tool, "tool_missing", install),
		clierr.For(backup.ErrToolTooOld, clierr.Tool, "tool_too_old", install),
		clierr.For(backup.ErrNoSpace, clierr.Failure, "disk_full", "free some space, or see what could go: axisor backup prune --dry-run"),
		clierr.For(backup.ErrNoIdentity, clierr.Usage, "identity_needed", "add --identity FILE with the private key, or check the stored bytes only: --level digest"),
		clierr.For(backup.ErrWrongIdentity, clierr.Denied, "wrong_identity", "use the private key that belongs to backup.recipients at the time of the backup"),
		clierr.For(backup.ErrUnsigned, clierr.CheckFailed, "backup_unsigned",
			"take one that is signed: axisor backup list",
			"made before the key was, and trusted by you? Leave the key out this time: AXISOR_BACKUP_SIGNING_KEY_FILE= axisor …",
		),
		clierr.For(backup.ErrDamaged, clierr.CheckFailed, "backup_damaged", "choose another one: axisor backup list"),
		clierr.For(backup.ErrMissed, clierr.CheckFailed, "point_missed", "the directory is left for a look; the server was stopped"),
		clierr.For(backup.ErrDifferent, clierr.Conflict, "different_content", "two servers write into one archive, or one was rebuilt under the same history"),
		clierr.For(backup.ErrDirectoryInUse, clierr.Conflict, "directory_in_use", "choose a directory that is empty or does not exist yet"),
		clierr.For(backup.ErrTargetNotEmpty, clierr.Conflict, "target_not_empty", "choose a database that does not exist yet"),
		clierr.For(remote.ErrUnavailable, clierr.Unavailable, "target_unreachable", "is it mounted, is the service up? The backup here is not affected"),
		clierr.For(remote.ErrDenied, clierr.Denied, "target_denied", "check the credentials of the target: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or its credentials_file"),
		clierr.For(backup.ErrToolFailed, clierr.Tool, "tool_failed"),
		clierr.For(backup.ErrDenied, clierr.Denied, codeDenied, "a backup needs a role that may read every table; a deep check and a restore also need CREATEDB"),
		clierr.For(backup.ErrUnavailable, clierr.Unavailable, "database_unreachable", hintServer, hintDev),
		clierr.For(backup.ErrRepository, clierr.Config, "backup_directory_unusable", "set backup.directory (AXISOR_BACKUP_DIRECTORY) to a directory that this user can write"),
	}
}

func backupNotFound(e *backup.NotFoundError) *clierr.Error {
	if e.Log {
		return clierr.New(clierr.NotFound, "log_file_not_found", e.Error())
	}
	out := clierr.New(clierr.NotFound, "backup_not_found", e.Error())
	if e.Ref == "latest" {
		out.Message = "there is no good backup yet"
		if e.Database != "" {
			out.Message = fmt.Sprintf("there is no good backup yet of database %q", e.Database)
		}
		if len(e.Others) > 0 {
			return out.WithHint("here are backups of " + strings.Join(e.Others, ", ") + ": --database says whose is meant")
		}
		return out.WithHint("make one: axisor backup")
	}
	for _, near := range e.Near {
		out.Hints = append(out.Hints, "did you mean "+near+"?")
	}
	return out.WithHint("axisor backup list")
}

// toolFailed says what can be done when a program of PostgreSQL gave up.
func toolFailed(tool *backup.ToolError, err error) *clierr.Error {
	out := clierr.New(clierr.Tool, "tool_failed", err.Error())
	if tool.NeedsLocks() {
		return out.WithHint("the server's lock table is full: raise max_locks_per_transaction in postgresql.conf and restart the server")
	}
	if tool.Tool == "pg_restore" {
		return out.WithHint("keep what can be restored: axisor restore ID --to-database NAME --continue-on-error").
			WithHint("or restore by hand: axisor backup cat ID | pg_restore --dbname=NAME")
	}
	return out
}

// wrongInput blames the command line or the configuration, whichever the value came from.
func wrongInput(e *backup.InputError) *clierr.Error {
	switch e.Field {
	case "level", "database", "identity", "server", "file", "slot", "system", "target", "target directory", "table", "role", "tablespace":
		return clierr.New(clierr.Usage, "invalid_"+strings.ReplaceAll(e.Field, " ", "_"), e.Error())
	}
	code := strings.ReplaceAll(strings.TrimPrefix(e.Field, "backup."), " ", "_")
	return clierr.New(clierr.Config, "invalid_"+code, e.Error(), "axisor config show --origins tells where the value comes from")
}

// rightsHints says what to type so that the login may do it, and how to do without.
func rightsHints(e *backup.RightsError) []string {
	var names []string
	for _, name := range e.Roles {
		names = append(names, backup.QuoteName(name))
	}
	login := backup.QuoteName(e.Login)
	remedy := "as a superuser: GRANT " + strings.Join(names, ", ") + " TO " + login + "; where it was made with NOINHERIT also ALTER ROLE " + login + " INHERIT"
	if e.Powerful { // nobody is told to make a login as powerful as that
		remedy = "restore as a superuser"
	}
	switch {
	case e.Sessions:
		return []string{"restore as a superuser, or leave the grants out: --keep-acl=false"}
	case e.Wanted:
		return []string{remedy, "or leave --role out: everything is then the login's"}
	case e.Owner:
		return []string{remedy, "or leave the owners out, everything is then the login's: --keep-owner=false", "or give it to a role that the login can act as: --map-role OLD=NEW"}
	}
	return []string{remedy, "or leave the grants out: --keep-acl=false"}
}
