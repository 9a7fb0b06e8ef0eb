package nginxconf

// languages are those of visitors' pages, the first one for who has no other.
var languages = []string{"en", "fr", "pt", "sw"}

func isLanguage(s string) bool {
	for _, l := range languages {
		if s == l {
			return true
		}
	}
	return false
}

// text is what a page says.
type text struct{ title, words string }

// pageTexts are the texts of all pages by kind and language. "%d" in those of
// largePage is the number of megabytes that may be sent at once.
var pageTexts = map[pageKind]map[string]text{
	unknownPage: {
		"en": {"There is no site here", "Nothing has this address. Look whether it is spelled as you were given it, or ask whoever sent it to you."},
		"fr": {"Il n’y a pas de site ici", "Rien ne porte cette adresse. Regardez si elle est écrite comme on vous l’a donnée, ou demandez à la personne qui vous l’a envoyée."},
		"pt": {"Não há nenhum site aqui", "Nada tem este endereço. Veja se está escrito como lho deram, ou pergunte a quem lho enviou."},
		"sw": {"Hakuna tovuti hapa", "Hakuna kitu chenye anwani hii. Angalia kama imeandikwa kama ulivyopewa, au muulize aliyekutumia."},
	},
	startingPage: {
		"en": {"This site is starting", "It will be here as soon as it answers. This page looks again by itself."},
		"fr": {"Ce site démarre", "Il sera là dès qu’il répondra. Cette page regarde à nouveau d’elle-même."},
		"pt": {"Este site está a arrancar", "Estará aqui assim que responder. Esta página volta a ver sozinha."},
		"sw": {"Tovuti hii inaanza", "Itakuwa hapa mara tu itakapojibu. Ukurasa huu utaangalia tena wenyewe."},
	},
	pausedPage: {
		"en": {"This site is paused", "Whoever looks after it has switched it off for a while. Nothing in it is lost."},
		"fr": {"Ce site est en pause", "La personne qui s’en occupe l’a arrêté pour un temps. Rien n’y est perdu."},
		"pt": {"Este site está em pausa", "Quem cuida dele desligou-o por algum tempo. Nada se perdeu."},
		"sw": {"Tovuti hii imesimamishwa kwa muda", "Anayeitunza ameizima kwa muda. Hakuna kilichopotea."},
	},
	maintenancePage: {
		"en": {"Somebody is working on this site", "It will be back when they are done. This page looks again by itself."},
		"fr": {"Quelqu’un travaille sur ce site", "Il reviendra quand ce sera fini. Cette page regarde à nouveau d’elle-même."},
		"pt": {"Alguém está a trabalhar neste site", "Voltará quando o trabalho acabar. Esta página volta a ver sozinha."},
		"sw": {"Kuna anayefanya kazi kwenye tovuti hii", "Itarudi kazi itakapokamilika. Ukurasa huu utaangalia tena wenyewe."},
	},
	givenUpPage: {
		"en": {"This site is not available at present", "It could not be started. Whoever looks after it can see why. This page looks again by itself."},
		"fr": {"Ce site n’est pas disponible pour le moment", "Il n’a pas pu démarrer. La personne qui s’en occupe peut voir pourquoi. Cette page regarde à nouveau d’elle-même."},
		"pt": {"Este site não está disponível de momento", "Não foi possível arrancá-lo. Quem cuida dele pode ver porquê. Esta página volta a ver sozinha."},
		"sw": {"Tovuti hii haipatikani kwa sasa", "Haikuweza kuanzishwa. Anayeitunza anaweza kuona sababu. Ukurasa huu utaangalia tena wenyewe."},
	},
	failingPage: {
		"en": {"This site does not answer", "It runs, but it gave no answer just now. This page looks again by itself."},
		"fr": {"Ce site ne répond pas", "Il fonctionne, mais il vient de ne pas répondre. Cette page regarde à nouveau d’elle-même."},
		"pt": {"Este site não responde", "Está a funcionar, mas agora não deu resposta. Esta página volta a ver sozinha."},
		"sw": {"Tovuti hii haijibu", "Inafanya kazi, lakini sasa hivi haikutoa jibu. Ukurasa huu utaangalia tena wenyewe."},
	},
	largePage: {
		"en": {"This is too large to send", "This site takes at most %d MB at once. Send it in smaller parts."},
		"fr": {"C’est trop grand pour être envoyé", "Ce site accepte au plus %d Mo à la fois. Envoyez-le en parties plus petites."},
		"pt": {"Isto é demasiado grande para enviar", "Este site aceita no máximo %d MB de cada vez. Envie-o em partes mais pequenas."},
		"sw": {"Hiki ni kikubwa mno kutumwa", "Tovuti hii hupokea MB %d kwa mara moja, si zaidi. Kitume kwa vipande vidogo."},
	},
	insidePage: {
		"en": {"This site is for people inside", "It opens only from the networks of those who run it. If you are one of them, come from there, or ask whoever looks after it."},
		"fr": {"Ce site est réservé aux personnes de la maison", "Il ne s’ouvre que depuis les réseaux de ceux qui le font marcher. Si vous en êtes, venez de là, ou demandez à la personne qui s’en occupe."},
		"pt": {"Este site é para as pessoas da casa", "Só abre a partir das redes de quem o mantém. Se é uma delas, entre a partir dali, ou pergunte a quem cuida dele."},
		"sw": {"Tovuti hii ni kwa watu wa ndani", "Inafunguka tu kutoka kwenye mitandao ya wanaoiendesha. Kama wewe ni mmoja wao, ingia kutoka huko, au muulize anayeitunza."},
	},
	busyPage: {
		"en": {"Too much at once", "So many requests with a password have come from where you are that this one was not looked at. This page tries again by itself."},
		"fr": {"Trop de demandes à la fois", "Tant de demandes avec un mot de passe sont venues de chez vous que celle-ci n’a pas été regardée. Cette page réessaie d’elle-même."},
		"pt": {"Demasiados pedidos de uma vez", "Vieram daí tantos pedidos com palavra-passe que este não foi visto. Esta página tenta de novo sozinha."},
		"sw": {"Maombi mengi mno kwa mara moja", "Maombi mengi yenye nenosiri yametoka ulipo, hivyo hili halikuangaliwa. Ukurasa huu utajaribu tena wenyewe."},
	},
	keyPage: {
		"en": {"This site asks for a name and a password", "Load the page again to enter them. Whoever looks after the site can give you a name and a password."},
		"fr": {"Ce site demande un nom et un mot de passe", "Rechargez la page pour les saisir. La personne qui s’occupe du site peut vous en donner."},
		"pt": {"Este site pede um nome e uma palavra-passe", "Carregue a página de novo para os escrever. Quem cuida do site pode dar-lhos."},
		"sw": {"Tovuti hii inahitaji jina na nenosiri", "Pakia ukurasa tena ili uviandike. Anayeitunza tovuti anaweza kukupa jina na nenosiri."},
	},
}
