package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/axisor/axisor/pkg/models"
)

// ActivityFilter narrows lists of notifications, reports and simulations.
type ActivityFilter struct {
	UserID  string
	Type    string // of a notification: the channel; of a simulation: the automation
	Status  string
	Enabled *bool // notifications only
	Created TimeRange
}

// ListNotifications lists the channels that users subscribed to, newest first unless asked otherwise.
func (d *DB) ListNotifications(ctx context.Context, f ActivityFilter, p Page) List[models.Notification] {
	type n = models.Notification
	l := listing[n]{
		table: "Notification", order: "-created_at", id: func(r *n) string { return r.ID },
		sorts: map[string]sortKey[n]{
			"created_at": byTime("created_at", func(r *n) time.Time { return r.CreatedAt }),
			"updated_at": byTime("updated_at", func(r *n) time.Time { return r.UpdatedAt }),
			"type":       byText("type", func(r *n) string { return r.Type }),
		},
	}
	return l.run(ctx, d, p, func(q *gorm.DB) *gorm.DB {
		q = f.on(q, "type")
		if f.Enabled != nil {
			q = q.Where("is_enabled = ?", *f.Enabled)
		}
		return q
	})
}

// ListReports lists backtests without their results, which can be large, newest first unless asked otherwise.
func (d *DB) ListReports(ctx context.Context, f ActivityFilter, p Page) List[models.BacktestReport] {
	type b = models.BacktestReport
	l := listing[b]{
		table: "BacktestReport", order: "-created_at", id: func(r *b) string { return r.ID },
		sorts: map[string]sortKey[b]{
			"created_at":   byTime("created_at", func(r *b) time.Time { return r.CreatedAt }),
			"completed_at": byTimeNull("completed_at", func(r *b) *time.Time { return r.CompletedAt }),
			"status":       byText("status", func(r *b) string { return string(r.Status) }),
		},
	}
	return l.run(ctx, d, p, func(q *gorm.DB) *gorm.DB { return f.on(q.Omit("result", "config"), "strategy") })
}

// ListSimulations lists simulations, newest first unless asked otherwise.
func (d *DB) ListSimulations(ctx context.Context, f ActivityFilter, p Page) List[models.Simulation] {
	type s = models.Simulation
	l := listing[s]{
		table: "Simulation", order: "-created_at", id: func(r *s) string { return r.ID },
		sorts: map[string]sortKey[s]{
			"created_at":   byTime("created_at", func(r *s) time.Time { return r.CreatedAt }),
			"completed_at": byTimeNull("completed_at", func(r *s) *time.Time { return r.CompletedAt }),
			"name":         byText("name", func(r *s) string { return r.Name }),
			"status":       byText("status", func(r *s) string { return string(r.Status) }),
		},
	}
	return l.run(ctx, d, p, func(q *gorm.DB) *gorm.DB { return f.on(q.Omit("config"), "automation_type") })
}

// on applies what the three lists share; typeColumn is what Type means in this table.
func (f ActivityFilter) on(q *gorm.DB, typeColumn string) *gorm.DB {
	q = f.Created.on(q, "created_at")
	if f.UserID != "" {
		q = q.Where("user_id = ?", f.UserID)
	}
	if f.Type != "" {
		q = q.Where(typeColumn+" = ?", f.Type)
	}
	if f.Status != "" {
		q = q.Where("status = ?", f.Status)
	}
	return q
}

// ReportByID reads one backtest with its result.
func (d *DB) ReportByID(ctx context.Context, id string) (models.BacktestReport, error) {
	return byID[models.BacktestReport](ctx, d, ReportIDs, id)
}

// SimulationByID reads one simulation.
func (d *DB) SimulationByID(ctx context.Context, id string) (models.Simulation, error) {
	return byID[models.Simulation](ctx, d, SimulationIDs, id)
}

func byID[T any](ctx context.Context, d *DB, of IDKind, ref string) (T, error) {
	return byBeginning(ctx, d, of, ref, func(id string) (T, error) {
		row, err := take[T](ctx, d, d.Gorm(ctx).Where("id = ?", id))
		if errors.Is(err, ErrNotFound) {
			return row, &NotFoundError{Kind: string(of), Ref: ref}
		}
		if err != nil {
			return row, fmt.Errorf("read %s: %w", of.words(), err)
		}
		return row, nil
	})
}
