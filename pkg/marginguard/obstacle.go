package marginguard

import (
	"context"
	"errors"
)

// Obstacle is the stable name of what kept a user, or a position in danger, from
// the protection that the configuration asks for. Exactly the items with an
// obstacle are somebody who wants protection and did not have it in this look.
type Obstacle string

// The obstacles of a user as a whole. Their items have no trade id, except for
// positions that an earlier look knew to be in danger.
const (
	// ObstacleKeyAside is a key that is not used for now, after failures.
	ObstacleKeyAside Obstacle = "key_put_aside"
	// ObstacleKeyRefused is a key that the exchange refused in this look.
	ObstacleKeyRefused Obstacle = "key_refused"
	// ObstacleExchange is an exchange that did not serve this user: no answer,
	// trouble of its own, its rate limit, or an answer that makes no sense.
	ObstacleExchange Obstacle = "exchange_failed"
	// ObstacleSealed are stored credentials that no encryption key opens, or that
	// are not whole.
	ObstacleSealed Obstacle = "credentials_closed"
	// ObstacleNetwork is an account of another exchange or network.
	ObstacleNetwork Obstacle = "other_network"
	// ObstacleConfig is a configuration, or something else stored about the user, that
	// cannot be read.
	ObstacleConfig Obstacle = "configuration_unreadable"
	// ObstacleFailed is any other failure; the item's error has the words.
	ObstacleFailed Obstacle = "failed"
)

// The obstacles of one position in danger.
const (
	// ObstacleOff is a kill switch, or an account or configuration that is not active.
	ObstacleOff Obstacle = "switched_off"
	// ObstacleCap is a cap of the position, the user or the run; the verdict's
	// LimitedBy says which.
	ObstacleCap Obstacle = "cap"
	// ObstacleSurge is what may be added together in a run, after what runs used to add.
	ObstacleSurge Obstacle = "surge"
	// ObstacleStopped is a run that was stopped before it came to the position.
	ObstacleStopped Obstacle = "run_stopped"
	// ObstacleBalance is a free balance that is too small.
	ObstacleBalance Obstacle = "balance"
	// ObstacleMinimum is an addition too small to be made.
	ObstacleMinimum Obstacle = "below_minimum"
	// ObstacleLeverage is a position that cannot take more margin.
	ObstacleLeverage Obstacle = "leverage"
	// ObstacleCooldown is the pause after an addition.
	ObstacleCooldown Obstacle = "cooldown"
	// ObstacleOpen is an addition, of this look or earlier, without a known outcome.
	ObstacleOpen Obstacle = "addition_open"
	// ObstacleRefused is an addition that the exchange refused or that was not made.
	ObstacleRefused Obstacle = "addition_not_made"
	// ObstacleInsufficient is an addition that was made and is not enough.
	ObstacleInsufficient Obstacle = "insufficient"
	// ObstacleGone is a price at or beyond liquidation.
	ObstacleGone Obstacle = "past_liquidation"
	// ObstacleData are numbers of the position or the price that cannot be acted on.
	ObstacleData Obstacle = "bad_data"
)

// Obstacles lists them all.
func Obstacles() []Obstacle {
	return []Obstacle{
		ObstacleKeyAside, ObstacleKeyRefused, ObstacleExchange, ObstacleSealed, ObstacleNetwork, ObstacleConfig, ObstacleFailed,
		ObstacleOff, ObstacleCap, ObstacleSurge, ObstacleStopped, ObstacleBalance, ObstacleMinimum, ObstacleLeverage, ObstacleCooldown,
		ObstacleOpen, ObstacleRefused, ObstacleInsufficient, ObstacleGone, ObstacleData,
	}
}

// obstacleOf finds the obstacle of an item by its verdict and its status.
func obstacleOf(i Item) Obstacle {
	switch i.Status {
	case StatusOK:
		return ""
	case StatusUnknown:
		return ObstacleOpen
	case StatusRejected, StatusNotApplied:
		if i.Decision == Resolve { // of an earlier look; the position has an item of its own when it is in danger
			return ""
		}
		return ObstacleRefused
	case StatusApplied, StatusPlanned:
		if i.Decision == Add && i.Insufficient {
			return ObstacleInsufficient
		}
		return ""
	}
	switch i.Decision {
	case Doubted:
		return "" // a report; whether the position is protected says its own item
	case Defective: // nobody knows what the value would have asked for
		return ObstacleConfig
	}
	if why, ok := obstacleOfWord(i); ok {
		return why
	}
	if i.Status == StatusFailed {
		return ObstacleFailed
	}
	return ""
}

// obstacleOfWord finds the obstacle of an item that was skipped or failed.
func obstacleOfWord(i Item) (Obstacle, bool) {
	switch i.Decision {
	case Breaker:
		return ObstacleKeyAside, true
	case OtherNetwork:
		return ObstacleNetwork, true
	case BadData:
		if i.Misconfigured {
			return ObstacleConfig, true
		}
		return ObstacleData, true
	case PriceMismatch, Stale:
		return ObstacleData, true
	case Add: // decided, and not made
		return ObstacleRefused, true
	}
	if !i.Triggered {
		return "", false
	}
	switch i.Decision {
	case Disabled:
		return ObstacleOff, true
	case Capped:
		if i.LimitedBy == LimitSurge {
			return ObstacleSurge, true
		}
		return ObstacleCap, true
	case InsufficientBalance:
		return ObstacleBalance, true
	case BelowMinimum:
		return ObstacleMinimum, true
	case MaxLeverageFloor:
		return ObstacleLeverage, true
	case Cooldown:
		return ObstacleCooldown, true
	case Frozen:
		return ObstacleOpen, true
	case PastLiquidation:
		return ObstacleGone, true
	}
	return "", false
}

// obstacleOfError finds the obstacle of a user who could not be handled.
func obstacleOfError(err error) Obstacle {
	var config *ConfigError
	var exchange *ExchangeError
	var market *MarketError
	switch {
	case errors.Is(err, ErrSealed):
		return ObstacleSealed
	case errors.As(err, &config):
		return ObstacleConfig
	case errors.As(err, &exchange) && exchange.Fault == Denied:
		return ObstacleKeyRefused
	case errors.As(err, &exchange), errors.As(err, &market), errors.Is(err, context.DeadlineExceeded):
		return ObstacleExchange
	}
	return ObstacleFailed
}
