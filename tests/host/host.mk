# Host tests: the package, installed on real mail hosts; see tests/host/run.

.PHONY: check-host
check-host: deb
	@tests/host/run --deb "$$(ls -t build/deb/mailfix_*.deb | head -n 1)"
