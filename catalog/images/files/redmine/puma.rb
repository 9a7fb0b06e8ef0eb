# frozen_string_literal: true

bind 'tcp://0.0.0.0:8080'
environment 'production'
directory '/usr/share/redmine'
rackup '/etc/seedbed/config.ru'
workers 0
threads 1, 4
raise_exception_on_sigterm false # being stopped is a good end
