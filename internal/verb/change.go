package verb

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/axisor/axisor/internal/app"
	"github.com/axisor/axisor/internal/cli/flags"
	"github.com/axisor/axisor/internal/cli/output"
	"github.com/axisor/axisor/pkg/admin"
)

// Change writes one row R of a noun.
type Change[R any] struct {
	Words

	Aliases []string
	Flags   func(c *cobra.Command)
	// Check looks at flags and arguments before anything is opened.
	Check func(call *Call) error
	Do    func(ctx context.Context, s *admin.Service, m admin.Mode, call *Call) (admin.Change[R], error)
	// Done, Would and Already say what is true afterwards, what a dry run stands for, and that nothing had to change, with
	// the subject's Name as %s. Say is instead of them, for sentences that need more than the name.
	Done, Would, Already string
	Say                  func(admin.Change[R]) output.Say
	Next                 func(R) string // the next useful command; nil: none
	// Ask makes it a verb that destroys: what is asked, and what a person has to type ("": yes). What stands in the way is said
	// before anything is asked.
	Ask func(R) (question, typed string)
	// Also tells more after the result, such as warnings.
	Also func(call *Call, c admin.Change[R])
	// Create keeps the row out of completion: there is none yet.
	Create bool
	// Complete has the words for the argument when it is not one of the rows; nil: it is.
	Complete flags.Names
}

// Change builds a verb that writes one of them.
func (s Subject[R, V]) Change(a *app.App, ch Change[R]) *cobra.Command {
	v := Command{
		Words: ch.Words, Aliases: ch.Aliases, Effect: flags.Write, Fields: output.Fields[V](), Flags: ch.Flags, Check: ch.Check,
		Run: func(ctx context.Context, call *Call) error { return s.change(ctx, call, ch) },
	}
	if ch.Ask != nil {
		v.Effect = flags.Destroy
	}
	if v.Complete = ch.Complete; v.Complete == nil && !ch.Create {
		v.Complete = s.names(a)
	}
	return v.Build(a)
}

func (s Subject[R, V]) change(ctx context.Context, call *Call, ch Change[R]) error {
	db, svc, err := call.Open(ctx)
	if err != nil {
		return err
	}
	var view func(R) V
	if ch.Ask != nil {
		if view, err = s.views(ctx, db); err != nil { // while it is there
			return err
		}
	}
	if ch.Ask != nil && !call.DryRun {
		would, err := ch.Do(ctx, svc, call.App.Mode(true), call)
		if err != nil {
			return err
		}
		question, typed := ch.Ask(*would.Before)
		if err := confirm(ctx, call, question, typed); err != nil {
			return err
		}
	}
	done, err := ch.Do(ctx, svc, call.Mode(), call)
	if err != nil {
		return err
	}
	if view == nil {
		if view, err = s.views(ctx, db); err != nil {
			return err
		}
	}
	if err := s.printChange(call, done, ch, view); err != nil {
		return err
	}
	if ch.Also != nil {
		ch.Also(call, done)
	}
	return nil
}

// PrintChange prints what became of a row that a command of its own wrote, with the sentences of ch.
func (s Subject[R, V]) PrintChange(call *Call, done admin.Change[R], ch Change[R]) error {
	return s.printChange(call, done, ch, s.View)
}

func (s Subject[R, V]) printChange(call *Call, done admin.Change[R], ch Change[R], view func(R) V) error {
	row := done.After
	if row == nil {
		row = done.Before
	}
	info := output.ChangeInfo{Result: done.Status, DryRun: done.DryRun, Say: s.say(ch, done, *row)}
	if ch.Next != nil {
		info.Next = ch.Next(*row)
	}
	return output.Change(call.Print, s.Desc(), view(*row), info)
}

func (s Subject[R, V]) say(ch Change[R], done admin.Change[R], row R) output.Say {
	if ch.Say != nil {
		return ch.Say(done)
	}
	name := s.Name(row)
	fill := func(sentence string) string {
		if sentence == "" {
			return ""
		}
		return fmt.Sprintf(sentence, name)
	}
	return output.Say{Done: fill(ch.Done), Would: fill(ch.Would), Already: fill(ch.Already)}
}

// confirm asks for a name to be typed, or for a yes where there is none.
func confirm(ctx context.Context, call *Call, question, typed string) error {
	if typed == "" {
		return call.Prompt().Confirm(ctx, question)
	}
	return call.Prompt().Type(ctx, question, typed)
}
