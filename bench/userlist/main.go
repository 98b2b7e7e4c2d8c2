// Command userlist measures that the last page of `axisor user list` is as fast as the first, and beside psql with the
// OFFSET that most administration pages use; and `axisor user show` of a user with many trades beside one with few.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/axisor/axisor/bench/internal/harness"
)

func main() {
	harness.Main(harness.Flags(), run)
}

func run(ctx context.Context, b *harness.Harness) error {
	users, trades := b.Pick(500, 50_000, 500_000), b.Pick(500, 50_000, 300_000)
	if err := b.SQL(
		ctx, harness.Database,
		fmt.Sprintf(`INSERT INTO "User" (email, username, plan_type, created_at, updated_at) SELECT 'p' || i || '@example.com', 'person' || i,
			(ARRAY['free','basic','pro'])[1 + i %% 3]::"PlanType", timestamp '2024-01-01' + i * interval '1 second', now() FROM generate_series(1, %d) i`, users),
		fmt.Sprintf(`INSERT INTO "TradeLog" (user_id, trade_id, status, pnl, executed_at) SELECT u.id, 't' || i, 'success', i,
			timestamp '2024-01-01' + i * interval '1 second' FROM generate_series(1, %d) i
			JOIN "User" u ON u.username = 'person' || CASE WHEN i %% 5 = 0 THEN 1 ELSE 1 + i %% 400 END`, trades),
		"VACUUM ANALYZE",
	); err != nil {
		return err
	}
	cursor, err := lastPage(ctx, b)
	if err != nil {
		return err
	}
	list := []string{b.Program, "user", "list", "-o", "json"}
	offset := b.Psql(fmt.Sprintf(`SELECT * FROM "User" ORDER BY created_at DESC, id DESC LIMIT 50 OFFSET %d`, users-50))
	samples, err := harness.Turns(
		ctx, 1, b.Pick(2, 15, 21),
		b.Command("last page", append(list, "--cursor", cursor)...), b.Command("first page", list...), b.Command("psql OFFSET", offset...),
		b.Command("show, many trades", b.Program, "user", "show", "person1", "-o", "json"),
		b.Command("show, few trades", b.Program, "user", "show", "person401", "-o", "json"),
	)
	if err != nil {
		return err
	}
	claim := fmt.Sprintf("last page of %d users", users)
	for _, row := range []harness.Row{
		harness.Row{Claim: claim, Rival: "its own first page", Unit: "ms", Goal: 1.5}.Against(samples[0], samples[1], harness.Milliseconds),
		harness.Row{Claim: claim, Rival: "psql with OFFSET", Unit: "ms"}.Against(samples[0], samples[2], harness.Milliseconds),
		harness.Row{Claim: fmt.Sprintf("user show, %d trades", trades/5), Rival: "a user without trades", Unit: "ms"}.Against(samples[3], samples[4], harness.Milliseconds),
	} {
		if err := b.Emit(row); err != nil {
			return err
		}
	}
	return nil
}

// lastPage makes the cursor of the last page. Walking there page by page would take ten thousand runs, so this one place
// outside the program knows what a cursor holds.
func lastPage(ctx context.Context, b *harness.Harness) (string, error) {
	s, err := b.Axisor(ctx, "user", "list", "--sort", "created_at", "--limit", "51", "-o", "json")
	if err != nil {
		return "", err
	}
	var page struct {
		Items []struct {
			ID        string    `json:"id"`
			CreatedAt time.Time `json:"created_at"`
		} `json:"items"`
	}
	if err := json.Unmarshal(s.Out, &page); err != nil {
		return "", err
	}
	last := page.Items[len(page.Items)-1]
	raw, err := json.Marshal(map[string]string{"s": "-created_at", "v": last.CreatedAt.Format("2006-01-02 15:04:05.999999"), "i": last.ID})
	return base64.RawURLEncoding.EncodeToString(raw), err
}
