package audit

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/exactjson"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of an audit entry.
type view struct {
	ID         string          `json:"id"`
	UserID     *output.Ref     `json:"user_id"`
	Action     string          `json:"action"`
	Resource   *string         `json:"resource"`
	ResourceID *string         `json:"resource_id"`
	OldValues  *models.JSON    `json:"old_values"`
	NewValues  *models.JSON    `json:"new_values"`
	IPAddress  *string         `json:"ip_address"`
	UserAgent  *string         `json:"user_agent"`
	Severity   models.Severity `json:"severity"`
	Details    *models.JSON    `json:"details"`
	CreatedAt  output.Time     `json:"created_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "audit entries", ID: "id", Columns: []output.Column{
		{Field: "created_at", Header: "WHEN"},
		{Field: "action"},
		{Field: "user_id", Header: "USER", Format: output.Name},
		{Field: "resource", Drop: 3},
		{Field: "resource_id", Drop: 2},
		{Field: "details", Header: "BY", Format: actor},
		{Field: "severity", Drop: 4},
		{Field: "id", Drop: 1, Whole: true},
	}}
}

// viewOf hides secrets once more: other programs write to this table too.
func viewOf(r models.AuditLog) view {
	return view{
		ID: r.ID, UserID: output.RefTo(r.UserID), Action: r.Action, Resource: r.Resource, ResourceID: r.ResourceID,
		OldValues: values(r.OldValues), NewValues: values(r.NewValues), IPAddress: r.IPAddress, UserAgent: r.UserAgent,
		Severity: r.Severity, Details: values(r.Details), CreatedAt: output.At(r.CreatedAt),
	}
}

func values(j models.JSON) *models.JSON {
	if len(j) == 0 {
		return nil
	}
	safe := admin.Redact(j)
	return &safe
}

// detailsOf are the parts of the details that this tool writes.
type detailsOf struct {
	Actor   string `json:"actor"`
	Host    string `json:"host"`
	Reason  string `json:"reason"`
	Version string `json:"version"`
	Profile string `json:"profile"`
}

func parseDetails(v any) (d detailsOf) {
	if raw, ok := v.(models.JSON); ok {
		if err := exactjson.Unmarshal(raw, &d); err != nil {
			return detailsOf{} // another program's details have another shape
		}
	}
	return d
}

// actor names the operator in a table; entries of the web application have none.
func actor(v any) string {
	if d := parseDetails(v); d.Actor != "" {
		return d.Actor
	}
	return "–"
}
