package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// slowQuery is worth a line at info level.
const slowQuery = time.Second

// slogger writes gorm's messages to slog. It never prints parameter values:
// they are password hashes, credentials and preimages.
type slogger struct{ log *slog.Logger }

func newLogger(log *slog.Logger) logger.Interface {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return slogger{log}
}

// quietDialector never puts values in the place of placeholders. Leaving them
// out in the logger is not enough: Scan renders its SQL through a recorder of
// gorm's own, which does not ask the logger.
type quietDialector struct{ *postgres.Dialector }

// Explain implements gorm.Dialector.
func (quietDialector) Explain(sql string, _ ...any) string { return sql }

// LogMode implements gorm's logger.Interface; the level is slog's business.
func (l slogger) LogMode(logger.LogLevel) logger.Interface { return l }

// Info implements gorm's logger.Interface.
func (l slogger) Info(ctx context.Context, msg string, _ ...any) {
	l.log.DebugContext(ctx, "gorm", "text", msg)
}

// Warn implements gorm's logger.Interface.
func (l slogger) Warn(ctx context.Context, msg string, _ ...any) {
	l.log.WarnContext(ctx, "gorm", "text", msg)
}

// Error implements gorm's logger.Interface.
func (l slogger) Error(ctx context.Context, msg string, _ ...any) {
	l.log.ErrorContext(ctx, "gorm", "text", msg)
}

// Trace implements gorm's logger.Interface. A failed query is a debug line
// only, because its error reaches the operator anyway.
func (l slogger) Trace(ctx context.Context, begin time.Time, query func() (string, int64), err error) {
	took := time.Since(begin)
	level := slog.LevelDebug
	if took >= slowQuery {
		level = slog.LevelInfo
	}
	if !l.log.Enabled(ctx, level) {
		return
	}
	sql, rows := query()
	attrs := []slog.Attr{
		slog.String("sql", sql), slog.Int64("rows", rows), slog.Float64("duration_ms", float64(took.Microseconds())/1000),
	}
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	l.log.LogAttrs(ctx, level, "query", attrs...)
}
