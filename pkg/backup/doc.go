// Package backup makes, lists, verifies, prunes and restores logical backups of a
// PostgreSQL database with the server's own client programs.
//
// It owns the repository directory: its file names, manifests, locks and clean-up
// after runs that died. One function, [Repository.Create], makes a backup for cron and
// for an operator alike, so a scheduled backup can never be weaker than a manual one.
//
// It must not know the command line, gorm or the application's tables. The clock, the
// environment and the places where programs are looked for are all handed in.
//
// A backup exists only when its manifest exists: the manifest is published last and
// removed first, so a run that is killed at any point leaves nothing that is listed.
package backup
