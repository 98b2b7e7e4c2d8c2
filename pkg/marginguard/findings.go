package marginguard

import "slices"

// report copies the session's findings into the result.
func (s *session) report(result *Result) {
	result.Users = len(s.perTarget)
	for _, n := range s.perTarget {
		result.Positions += n
	}
	result.Looks = make(map[string]int, len(s.looked))
	for key, user := range s.looked {
		result.Looks[user] += s.perTarget[key]
	}
	for _, i := range s.items {
		result.count(i)
		if s.req.Everything || !i.Quiet() {
			result.Items = append(result.Items, i)
		}
	}
}

// found reports whether this pass has found the end of the same position.
func (s *session) found(end Item) bool {
	return slices.ContainsFunc(s.items, func(i Item) bool {
		return i.Status == StatusEnded && i.UserID == end.UserID && i.TradeID == end.TradeID
	})
}

// merge takes over what an earlier pass found for the users that this pass left out.
func (s *session) merge(earlier *session, handled map[string]bool) {
	for key, n := range earlier.perTarget {
		if _, again := s.perTarget[key]; !again {
			s.perTarget[key] = n
			if user, ok := earlier.looked[key]; ok {
				s.looked[key] = user
			}
		}
	}
	for _, i := range earlier.items {
		// How a position ended is found out once, by the pass that came first, unless
		// that could not be written down.
		if !handled[i.UserID] || i.Status == StatusEnded && !s.found(i) {
			s.items = append(s.items, i)
		}
	}
	for _, reply := range earlier.replies {
		if !handled[reply.Target.UserID] {
			s.replies = append(s.replies, reply)
		}
	}
	for _, asked := range earlier.asked {
		if !handled[asked.UserID] {
			s.asked = append(s.asked, asked)
		}
	}
}
