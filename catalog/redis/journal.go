package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// journalPause is how long lies between two questions whether the journal is
// written.
const journalPause = 50 * time.Millisecond

// writeJournal has the server write its journal anew and waits until that is on
// the disk, where it otherwise comes within a second. What was deleted is in no
// file any more then.
func writeJournal(ctx context.Context, conn *goredis.Conn) error {
	for {
		if _, err := journalWritten(ctx, conn); err != nil { // one that is under way may have begun too early
			return err
		}
		err := conn.BgRewriteAOF(ctx).Err()
		if err == nil {
			break
		}
		if !strings.Contains(err.Error(), "already in progress") {
			return fmt.Errorf("write the journal anew: %w", err)
		}
	}
	well, err := journalWritten(ctx, conn)
	if err == nil && !well {
		err = errors.New("the server could not write its journal anew; its disk may be full")
	}
	return err
}

// journalWritten waits until nothing is being written and reports whether the
// last writing went well.
func journalWritten(ctx context.Context, conn *goredis.Conn) (well bool, err error) {
	for {
		info, err := conn.Info(ctx, "persistence").Result()
		if err != nil {
			return false, fmt.Errorf("ask whether the journal is written: %w", err)
		}
		if says(info, "aof_rewrite_in_progress:0") && says(info, "aof_rewrite_scheduled:0") {
			return says(info, "aof_last_bgrewrite_status:ok"), nil
		}
		select {
		case <-time.After(journalPause):
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// says reports whether a line is in what INFO answers.
func says(info, line string) bool { return strings.Contains(info, "\n"+line+"\r\n") }
