package backup

import (
	"fmt"
	"strings"
	"time"
)

// Metrics writes what monitoring needs in Prometheus text form. Times that do not exist are left
// out, so that "absent" can be alarmed on.
func (s Status) Metrics(failed bool) []byte {
	var b strings.Builder
	put := func(name, help, labels string, value float64) {
		if !strings.Contains(b.String(), "# HELP "+name+" ") {
			fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
		}
		fmt.Fprintf(&b, "%s%s %.3f\n", name, labels, value)
	}
	at := func(name, help, labels string, t *time.Time) {
		if t != nil {
			put(name, help, labels, float64(t.UnixMilli())/1000)
		}
	}
	put("axisor_backup_last_run_failed", "Whether the last run failed.", "", number(failed))
	put("axisor_backup_count", "Backups in the repository.", "", float64(s.Dumps))
	put("axisor_backup_bad", "Backups that cannot be relied on.", "", float64(s.Bad))
	if s.Newest != nil {
		m := s.Newest.Manifest
		at("axisor_backup_last_success_timestamp_seconds", "When the newest good backup was made.", "", &m.FinishedAt)
		put("axisor_backup_last_bytes", "Stored size of the newest good backup.", "", float64(m.Bytes()))
		put("axisor_backup_last_seconds", "How long it took.", "", m.FinishedAt.Sub(m.StartedAt).Seconds())
	}
	if s.Proven != nil {
		at("axisor_backup_last_proven_timestamp_seconds", "When a backup was last restored as a test.", "", &s.Proven.Manifest.LastGood(LevelDeep).At)
	}
	for _, c := range s.Clusters {
		labels := fmt.Sprintf("{cluster=%q}", c.System)
		at("axisor_backup_first_recoverable_timestamp_seconds", "First point in time that can be recovered.", labels, c.FirstTime)
		at("axisor_backup_last_recoverable_timestamp_seconds", "Last archived transaction that can be recovered.", labels, c.LastTime)
		put("axisor_backup_log_holes", "Holes in the archived log.", labels, float64(c.Holes))
	}
	return []byte(b.String())
}

func number(is bool) float64 {
	if is {
		return 1
	}
	return 0
}
