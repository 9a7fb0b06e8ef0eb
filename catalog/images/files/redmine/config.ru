# frozen_string_literal: true

require '/usr/share/redmine/config/environment'

# Answers 200 if Ruby runs. It does not ask the database: that is shared, and
# starting every site anew because it is away would help none of them.
map '/health' do
  run ->(_) { [200, { 'Content-Type' => 'text/plain', 'Cache-Control' => 'no-store' }, ["ok\n"]] }
end

map '/' do
  run RedmineApp::Application
end
