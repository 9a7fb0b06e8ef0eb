<?php
// What the entrypoint and the configuration need to know of the database, taken
// apart from DATABASE_URL once.

// seedbed_database returns host, port, user, password and name.
function seedbed_database(): array {
	$url = parse_url( getenv( 'DATABASE_URL' ) ?: '' );
	if ( !$url || !isset( $url['host'], $url['user'], $url['pass'], $url['path'] ) ) {
		throw new RuntimeException( 'DATABASE_URL is not of the form mysql://user:password@host:port/name.' );
	}
	return [
		'host' => $url['host'],
		'port' => (string)( $url['port'] ?? 3306 ),
		'user' => rawurldecode( $url['user'] ),
		'password' => rawurldecode( $url['pass'] ),
		'name' => rawurldecode( ltrim( $url['path'], '/' ) ),
	];
}

// seedbed_connect opens a connection, or throws.
function seedbed_connect( int $seconds ): mysqli {
	mysqli_report( MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT );
	$db = seedbed_database();
	$connection = mysqli_init();
	$connection->options( MYSQLI_OPT_CONNECT_TIMEOUT, $seconds );
	$connection->real_connect( $db['host'], $db['user'], $db['password'], $db['name'], (int)$db['port'] );
	$connection->set_charset( 'utf8mb4' );
	return $connection;
}
