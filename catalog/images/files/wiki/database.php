<?php
// What the entrypoint, the health check and the settings need to know of the
// database, taken apart from DATABASE_URL once.

// seedbed_database returns host, port, user, password and name.
function seedbed_database(): array {
	$url = parse_url( getenv( 'DATABASE_URL' ) ?: '' );
	if ( !$url || !isset( $url['host'], $url['user'], $url['pass'], $url['path'] ) ) {
		throw new RuntimeException( 'DATABASE_URL is not of the form postgres://user:password@host:port/name.' );
	}
	return [
		'host' => $url['host'],
		'port' => (string)( $url['port'] ?? 5432 ),
		'user' => rawurldecode( $url['user'] ),
		'password' => rawurldecode( $url['pass'] ),
		'name' => rawurldecode( ltrim( $url['path'], '/' ) ),
	];
}

// seedbed_connect opens a connection, or throws.
function seedbed_connect( int $seconds ): PgSql\Connection {
	$parts = [ 'connect_timeout' => (string)$seconds, 'options' => '-c statement_timeout=60s' ];
	$db = seedbed_database();
	foreach ( [ 'host' => 'host', 'port' => 'port', 'user' => 'user', 'password' => 'password', 'name' => 'dbname' ] as $from => $to ) {
		$parts[$to] = $db[$from];
	}
	$text = '';
	foreach ( $parts as $key => $value ) {
		// The quoting of libpq's connection strings.
		$text .= "$key='" . strtr( $value, [ '\\' => '\\\\', "'" => "\\'" ] ) . "' ";
	}
	$connection = @pg_connect( $text, PGSQL_CONNECT_FORCE_NEW );
	if ( !$connection ) {
		throw new RuntimeException( 'The database does not answer.' );
	}
	return $connection;
}

// seedbed_query runs one statement and returns its rows, or throws.
function seedbed_query( PgSql\Connection $connection, string $sql, array $values = [] ): array {
	$result = @pg_query_params( $connection, $sql, $values );
	if ( !$result ) {
		throw new RuntimeException( 'The database refused a statement: ' . pg_last_error( $connection ) );
	}
	return pg_fetch_all( $result );
}
