package onebox

// validateUnbuilt refuses what is understood but not carried out yet.
func (a *app) validateUnbuilt(m mistakes) {
	for path, asked := range map[string]bool{
		"/fetch": len(a.Fetch) > 0,
	} {
		if asked {
			m.add(path, notHere)
		}
	}
}
