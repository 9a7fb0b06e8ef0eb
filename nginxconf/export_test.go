package nginxconf

// PutLogAwayAt makes the log of visits be put away when it has so many bytes. Run
// must not have been called.
func (r *Router) PutLogAwayAt(size int64) { r.visits.size = size }
