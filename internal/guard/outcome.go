package guard

import (
	"context"
	"strings"

	"github.com/axisor/axisor/pkg/marginguard"
	"github.com/axisor/axisor/pkg/models"
)

// How many problems of one user are remembered, and how many bytes of each's words.
const (
	problemsKept = 100
	messageKept  = 500
)

// remember stores what a look at each user came to.
func (g *Guard) remember(ctx context.Context, r marginguard.Result) error {
	if r.DryRun || len(r.Looks) == 0 {
		return nil
	}
	rows, err := outcomes(r)
	if err != nil {
		return err
	}
	return g.o.DB.StoreGuardOutcomes(ctx, rows)
}

// outcomes are the rows of the users whose look came to its end.
func outcomes(r marginguard.Result) ([]models.GuardOutcome, error) {
	at := r.StartedAt.UTC()
	problems := map[string][]models.GuardProblem{}
	type position struct{ user, trade string }
	counted := map[position]bool{}
	unprotected := map[string]int32{}
	for _, i := range r.Items {
		if i.Obstacle == "" {
			continue
		}
		if at := (position{i.UserID, i.TradeID}); i.TradeID != "" && !counted[at] {
			counted[at] = true
			unprotected[i.UserID]++
		}
		if len(problems[i.UserID]) < problemsKept {
			problems[i.UserID] = append(problems[i.UserID], problemOf(i))
		}
	}
	rows := make([]models.GuardOutcome, 0, len(r.Looks))
	for user, positions := range r.Looks {
		row := models.GuardOutcome{UserID: user, LookedAt: at, Positions: int32(positions), Unprotected: unprotected[user]}
		list := problems[user]
		if list == nil {
			list = []models.GuardProblem{}
		}
		var err error
		if row.Problems, err = models.NewJSON(list); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func problemOf(i marginguard.Item) models.GuardProblem {
	p := models.GuardProblem{TradeID: i.TradeID, Code: string(i.Obstacle), Message: i.Error}
	if p.Message == "" {
		p.Message = i.Reason
	}
	// The server keeps no NUL in JSON, and an answer of the exchange may be long.
	p.Message = strings.ReplaceAll(p.Message, "\x00", "")
	if len(p.Message) > messageKept {
		p.Message = strings.ToValidUTF8(p.Message[:messageKept], "") + "…"
	}
	return p
}
