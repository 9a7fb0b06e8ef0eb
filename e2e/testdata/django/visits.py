"""A site whose page writes to each service that it was given a part of, and
shows what it reads back: how often that has happened."""

import os
from urllib.parse import unquote, urlsplit

import django
import pika
import pymysql
import redis
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import path


def database():
    url = urlsplit(os.environ["DATABASE_URL"])
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": url.hostname,
        "PORT": url.port,
        "USER": unquote(url.username),
        "PASSWORD": unquote(url.password),
        "NAME": unquote(url.path[1:]),
    }


settings.configure(
    SECRET_KEY=os.environ["SECRET_KEY"],
    ALLOWED_HOSTS=[os.environ["SITE_HOST"], "127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={"default": database()} if "DATABASE_URL" in os.environ else {},
)
django.setup()


def in_postgres():
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz NOT NULL DEFAULT now())")
        cursor.execute("INSERT INTO visits DEFAULT VALUES")
        cursor.execute("SELECT count(*) FROM visits")
        return cursor.fetchone()[0]


def in_mariadb():
    url = urlsplit(os.environ["MARIADB_URL"])
    db = pymysql.connect(host=url.hostname, port=url.port, user=unquote(url.username), password=unquote(url.password), database=unquote(url.path[1:]))
    with db, db.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS visits (id int AUTO_INCREMENT PRIMARY KEY)")
        cursor.execute("INSERT INTO visits () VALUES ()")
        db.commit()
        cursor.execute("SELECT count(*) FROM visits")
        return cursor.fetchone()[0]


def in_redis():
    with redis.from_url(os.environ["REDIS_URL"]) as r:
        return r.incr(os.environ["REDIS_PREFIX"] + "visits")


def in_rabbitmq():
    with pika.BlockingConnection(pika.URLParameters(os.environ["BROKER_URL"])) as broker:
        channel = broker.channel()
        channel.queue_declare("visits", durable=True)
        channel.basic_publish("", "visits", b"visit", pika.BasicProperties(delivery_mode=2))
        method, _, body = channel.basic_get("visits", auto_ack=True)
        return body.decode() if method else "nothing"


def in_folder():
    with open("/data/visits", "a+", encoding="utf-8") as f:
        f.write("x")
        f.seek(0)
        return len(f.read())


def page(request):
    lines = [f"Greeting {os.environ.get('GREETING', '')}"]
    if request.GET.get("folder") != "no":
        lines.append(f"Folder {in_folder()}")
    for name, variable, visit in (
        ("PostgreSQL", "DATABASE_URL", in_postgres),
        ("MariaDB", "MARIADB_URL", in_mariadb),
        ("Redis", "REDIS_URL", in_redis),
        ("RabbitMQ", "BROKER_URL", in_rabbitmq),
    ):
        lines.append(f"{name} {visit() if variable in os.environ else 'not asked for'}")
    return HttpResponse("<h1>Django</h1>" + "".join(f"<p>{line}</p>" for line in lines))


urlpatterns = [path("", page), path("health", lambda request: HttpResponse("ok"))]
application = get_wsgi_application()
