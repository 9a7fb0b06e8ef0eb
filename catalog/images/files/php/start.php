<?php
// What the entrypoints of all sites in PHP share: waiting, running programs as
// the web server's user, and becoming Apache.

const PATIENCE = 180; // seconds for the database to answer

function say( string $line ): void {
	fwrite( STDERR, "seedbed: $line\n" );
}

// demand makes sure that the environment has all that the site needs.
function demand( string ...$names ): void {
	foreach ( $names as $name ) {
		if ( !getenv( $name ) ) {
			throw new RuntimeException( "The environment has no $name." );
		}
	}
}

// wait_for_database returns what connect returns as soon as it does not throw.
function wait_for_database( callable $connect ): mixed {
	$pause = 0.25;
	$end = microtime( true ) + PATIENCE;
	while ( true ) {
		try {
			return $connect();
		} catch ( RuntimeException $e ) {
			if ( microtime( true ) + $pause > $end ) {
				throw new RuntimeException( 'The database did not answer within ' . PATIENCE . ' seconds.' );
			}
		}
		say( 'waiting for the database' );
		usleep( (int)( $pause * 1e6 ) );
		$pause = min( $pause * 2, 8 );
	}
}

// run starts a program as www-data in a folder and returns when it has ended
// well. What it printed is shown only if it did not: hundreds of lines on what
// went well would hide the one that matters.
function run( string $folder, array $argv, array $more = [] ): void {
	$said = tmpfile();
	$argv = array_merge( [ '/usr/bin/setpriv', '--reuid=www-data', '--regid=www-data', '--clear-groups' ], $argv );
	$process = proc_open( $argv, [ [ 'file', '/dev/null', 'r' ], $said, $said ], $pipes, $folder, $more + getenv() );
	if ( !$process || proc_close( $process ) !== 0 ) {
		rewind( $said );
		$lines = preg_split( '/\R/', trim( stream_get_contents( $said ) ) );
		fwrite( STDERR, implode( "\n", array_slice( $lines, -12 ) ) . "\n" );
		throw new RuntimeException( basename( $argv[5] ) . ' did not end well; its last words are above.' );
	}
}

// own hands a folder, not all that is in it, to the web server.
function own( string $folder ): void {
	is_dir( $folder ) || mkdir( $folder, 0755 );
	$owner = posix_getpwuid( fileowner( $folder ) );
	if ( !$owner || $owner['name'] !== 'www-data' ) {
		chown( $folder, 'www-data' );
		chgrp( $folder, 'www-data' );
	}
}

// gateway returns the address of the machine as the container sees it.
function gateway(): string {
	foreach ( file( '/proc/net/route' ) ?: [] as $line ) {
		$fields = preg_split( '/\s+/', $line );
		if ( ( $fields[1] ?? '' ) === '00000000' && preg_match( '/^[0-9A-F]{8}$/', $fields[2] ) ) {
			return implode( '.', array_reverse( array_map( 'hexdec', str_split( $fields[2], 2 ) ) ) );
		}
	}
	return '127.0.0.1';
}

// become_apache ends this program by becoming Apache, which keeps the
// environment but for the variables that only the set-up needs.
function become_apache( array $without, array $defines = [] ): never {
	$env = array_diff_key( getenv(), array_flip( $without ) );
	$env += [ 'SEEDBED_GATEWAY' => gateway(), 'APACHE_RUN_USER' => 'www-data', 'APACHE_RUN_GROUP' => 'www-data',
		'APACHE_PID_FILE' => '/run/apache2/apache2.pid', 'APACHE_RUN_DIR' => '/run/apache2',
		'APACHE_LOCK_DIR' => '/run/apache2', 'APACHE_LOG_DIR' => '/var/log' ];
	$argv = [ '-D', 'FOREGROUND' ];
	foreach ( $defines as $define ) {
		array_push( $argv, '-D', $define );
	}
	is_dir( '/run/apache2' ) || mkdir( '/run/apache2', 0755 );
	@unlink( '/run/apache2/apache2.pid' ); // of a container that was killed and started again
	pcntl_exec( '/usr/sbin/apache2', $argv, $env );
	throw new RuntimeException( 'Apache could not be started.' );
}

// start does all that comes before the site can be served, and tells in one
// line why it could not.
function start( callable $prepare ): never {
	try {
		$prepare();
	} catch ( Throwable $e ) {
		say( $e->getMessage() );
	}
	exit( 1 );
}
