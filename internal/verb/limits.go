package verb

import (
	"github.com/axisor/axisor/pkg/admin"
	"github.com/axisor/axisor/pkg/models"
)

// OverLimit is one limit of a plan that a user is over.
type OverLimit struct {
	Limit string `json:"limit"`
	Used  int64  `json:"used"`
	Max   int32  `json:"max"`
}

// OverLimits is what the world sees of the limits that a user is over; none is an empty list.
func OverLimits(exceeded []admin.OverLimit) []OverLimit {
	all := []OverLimit{}
	for _, x := range exceeded {
		all = append(all, OverLimit(x))
	}
	return all
}

// WarnOver warns of each limit of a plan that a user is over.
func (c *Call) WarnOver(plan models.PlanType, exceeded []admin.OverLimit) {
	for _, x := range exceeded {
		c.Print.Warn("over the limit of %s: %s", plan, x)
	}
}
