package notification

import (
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// view is what the world sees of a channel. A token that a channel's configuration holds is hidden.
type view struct {
	ID            string       `json:"id"`
	UserID        string       `json:"user_id"`
	Type          string       `json:"type"`
	IsEnabled     bool         `json:"is_enabled"`
	ChannelConfig *models.JSON `json:"channel_config"`
	CreatedAt     output.Time  `json:"created_at"`
	UpdatedAt     output.Time  `json:"updated_at"`
}

func desc() output.Desc {
	return output.Desc{Noun: "notification channels", ID: "id", Columns: []output.Column{
		{Field: "created_at", Header: "CREATED"},
		{Field: "user_id"},
		{Field: "type"},
		{Field: "is_enabled", Header: "ENABLED"},
		{Field: "channel_config", Header: "CONFIG", Drop: 1},
		{Field: "id", Drop: 2},
	}}
}

func viewOf(n models.Notification) view {
	v := view{
		ID: n.ID, UserID: n.UserID, Type: n.Type, IsEnabled: n.IsEnabled == nil || *n.IsEnabled,
		CreatedAt: output.At(n.CreatedAt), UpdatedAt: output.At(n.UpdatedAt),
	}
	if len(n.ChannelConfig) > 0 {
		v.ChannelConfig = new(admin.Redact(n.ChannelConfig))
	}
	return v
}
