package audit

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/exits"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/internal/cli/streams"
	"github.com/axisor/axisor/internal/verb"
	"github.com/axisor/axisor/pkg/models"
)

func newShow(a *app.App) *cobra.Command {
	return subject().Show(a, verb.Words{
		Use: "show ID", Short: "Show one change with the values before and after",
		Long: `Show one entry of the audit trail: who, when, why, and what differs between before and after. Secrets are not
part of the trail.`,
		Examples: []string{"axisor audit show 5f0c1a52-7f5e-4f0e-9f57-1d2b3c4d5e6f"}, Exits: exits.Database(exits.NotFound("no such entry")),
	}, view.write)
}

func (v view) write(d *output.Doc) {
	by := detailsOf{}
	if v.Details != nil {
		by = parseDetails(*v.Details)
	}
	d.Title(v.Action)
	d.Field("id", v.ID)
	d.Field("when", v.CreatedAt)
	d.Field("resource", v.Resource)
	d.Field("resource id", v.ResourceID)
	d.Field("user id", v.UserID)
	d.Field("severity", v.Severity)
	if by.Actor != "" {
		d.Field("by", by.Actor+" on "+by.Host+", axisor "+by.Version)
		d.Field("reason", orNil(by.Reason))
	} else {
		d.Field("details", v.Details)
		d.Field("ip address", v.IPAddress)
		d.Field("user agent", v.UserAgent)
	}
	d.Section("changes")
	before, after := fieldsOf(v.OldValues), fieldsOf(v.NewValues)
	names := slices.Sorted(maps.Keys(merge(before, after)))
	changed := 0
	for _, name := range names {
		was, had := before[name]
		is, has := after[name]
		if had && has && bytes.Equal(was, is) {
			continue
		}
		changed++
		if had {
			d.Line(streams.Bad, "- %s: %s", name, was)
		}
		if has {
			d.Line(streams.Good, "+ %s: %s", name, is)
		}
	}
	if changed == 0 {
		d.Line(streams.Muted, "none")
	}
}

func orNil(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// fieldsOf splits an object into its members; what is no object is one member. Both sides come from jsonb, which
// has one spelling for each value, so their bytes can be compared.
func fieldsOf(j *models.JSON) map[string]json.RawMessage {
	if j == nil {
		return nil
	}
	var all map[string]json.RawMessage
	if err := j.Decode(&all); err != nil {
		return map[string]json.RawMessage{"value": json.RawMessage(*j)}
	}
	return all
}

func merge(a, b map[string]json.RawMessage) map[string]json.RawMessage {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]json.RawMessage{}
	}
	maps.Copy(out, b)
	return out
}
