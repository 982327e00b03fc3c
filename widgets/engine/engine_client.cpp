#include "widgets/engine/engine_client.h"

#include "backend/protocol/codec.h"
#include "widgets/engine/engine_link.h"
#include "widgets/engine/engine_texts.h"
#include "widgets/engine/json_read.h"
#include "widgets/engine/run_shelf.h"

#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QHash>
#include <QPointer>
#include <QThread>
#include <QTimer>

#include <map>

namespace assay::widgets {

using namespace protocol;

namespace {

// A turn's share of the GUI thread; at 60 Hz it leaves 12 ms of each frame to the views.
constexpr qint64 kDrainNs = 4'000'000;
// How long a preview in progress is left alone before a newer one interrupts it.
constexpr int kPreviewHoldMs = 100;

} // namespace

struct EngineClient::Private
{
    struct Pending
    {
        QPointer<QObject> context;
        bool hasContext = false;
        EngineClient::ReplyHandler handler;
    };

    /// The previews of one run: the newest sent, and the parameters that wait for their turn.
    struct Preview
    {
        quint64 newest = 0;
        bool computing = false;
        bool waiting = false;
        Json params;
        QElapsedTimer since;
    };

    explicit Private(EngineClient* client, EngineCommand engineCommand)
        : q(client)
        , command(std::move(engineCommand))
        , shelf(*client)
    {}

    EngineClient* q;
    const EngineCommand command;
    RestartPolicy policy;
    State state = State::Stopped;
    QString problem;
    qint64 processId = 0;

    QThread thread;
    QObject* anchor = nullptr; ///< lives on the thread, parent of its links
    EngineLink* link = nullptr;
    std::shared_ptr<EngineInbox> inbox;
    QTimer drainTimer;
    QTimer restartTimer;
    QTimer handshakeTimer;
    QElapsedTimer sinceStart;
    int deaths = 0;
    QString lastWords;
    QString lostReason;

    Json catalogue = Json::object();
    Json runs = Json::array();
    Json jobs = Json::array();
    quint64 lastId = 0;
    std::map<quint64, Pending> pending;
    std::vector<std::pair<quint64, QByteArray>> unsent; ///< asked before the engine was ready
    RunShelf shelf;
    QHash<QString, Preview> previews;

    void setState(State next, const QString& why);
    void launch();
    void dropLink();
    void drain();
    void handle(Incoming entry);
    void on(Message message);
    void on(const ChildStarted& started);
    void on(const ChildMissing& missing);
    void on(const ChildEnded& end);
    void on(const StreamLost& lost);
    void on(const FrameLost& lost);
    void on(const ChildSaid& said);
    void greet(const Hello& hello);
    void answer(const Reply& reply);
    void notice(const Notice& notice);
    void takeJobs(const Json& list);
    void fail(const QString& why);
    void die(const QString& how);
    void failPending(const QString& why);
    QStringList runningTitles() const;
    void send(const QByteArray& frame);
    void sendPreview(const QString& run);
    void previewAnswered(const QString& run, quint64 id);
};

// -- life of the child --------------------------------------------------------------------------------

void EngineClient::Private::setState(State next, const QString& why)
{
    problem = why;
    if (state == next)
        return;
    state = next;
    Q_EMIT q->stateChanged(next);
}

void EngineClient::Private::launch()
{
    dropLink();
    lostReason.clear();
    lastWords.clear();
    EngineClient* client = q;
    inbox = std::make_shared<EngineInbox>([client] {
        QMetaObject::invokeMethod(
            client, [client] { client->d->drainTimer.start(); }, Qt::QueuedConnection);
    });
    link = new EngineLink(command, inbox);
    link->moveToThread(&thread);
    QMetaObject::invokeMethod(link, [l = link, a = anchor] {
        l->setParent(a);
        l->start();
    });
    sinceStart.start();
    handshakeTimer.start(policy.handshakeMs);
    send(encodeFrame(
        Message(Hello{kProtocolVersion, "assay", QCoreApplication::applicationVersion().toStdString()})));
}

void EngineClient::Private::dropLink()
{
    handshakeTimer.stop();
    processId = 0;
    if (!link)
        return;
    inbox->close();
    inbox.reset();
    QMetaObject::invokeMethod(link, &EngineLink::finish);
    link = nullptr;
}

void EngineClient::Private::send(const QByteArray& frame)
{
    QMetaObject::invokeMethod(link, [l = link, frame] { l->send(frame); });
}

void EngineClient::Private::fail(const QString& why)
{
    dropLink();
    restartTimer.stop();
    setState(State::Failed, why);
    failPending(why);
    shelf.engineDied(why);
    takeJobs(Json::array());
}

void EngineClient::Private::die(const QString& how)
{
    deaths = sinceStart.elapsed() < policy.quickMs ? deaths + 1 : 1;
    const bool again = deaths < policy.deaths;
    const QString message = deathSentence(how, runningTitles(), again);
    dropLink();
    const QString words = lastWords;
    const std::size_t pause = std::size_t(deaths - 1);
    if (again) {
        setState(State::Restarting, message);
        restartTimer.start(
            policy.pausesMs.empty() ? 0 : policy.pausesMs[std::min(pause, policy.pausesMs.size() - 1)]);
    } else {
        setState(State::Failed, givenUpSentence(deaths, words));
    }
    failPending(message);
    shelf.engineDied(message);
    takeJobs(Json::array());
    Q_EMIT q->died(message);
}

QStringList EngineClient::Private::runningTitles() const
{
    QStringList titles;
    for (const Json& job : jobs) {
        if (textOf(job, "state") == QLatin1String("queued"))
            continue;
        const QString title = textOf(job, "title");
        titles << (title.isEmpty() ? textOf(job, "study") : title);
    }
    return titles;
}

void EngineClient::Private::failPending(const QString& why)
{
    unsent.clear();
    const auto given = std::exchange(previews, {});
    for (auto it = given.begin(); it != given.end(); ++it)
        if (const auto record = shelf.find(it.key()))
            record->settlePreview();
    // Handlers may ask again; those requests belong to the next child.
    const auto failed = std::exchange(pending, {});
    for (const auto& [id, request] : failed) {
        if (request.handler && (!request.hasContext || request.context))
            request.handler(Reply{id, false, nullptr, {}, why.toStdString()});
    }
}

// -- what arrives -------------------------------------------------------------------------------------

void EngineClient::Private::drain()
{
    QElapsedTimer clock;
    clock.start();
    while (inbox && clock.nsecsElapsed() < kDrainNs) {
        std::optional<Incoming> entry = inbox->take();
        if (!entry) {
            drainTimer.stop();
            return;
        }
        handle(std::move(*entry));
    }
}

void EngineClient::Private::handle(Incoming entry)
{
    std::visit([this](auto&& value) { on(std::move(value)); }, std::move(entry));
}

void EngineClient::Private::on(Message message)
{
    if (auto* hello = std::get_if<Hello>(&message)) {
        greet(*hello);
    } else if (state != State::Ready) {
        on(StreamLost{tr("it did not say hello first")});
    } else if (auto* reply = std::get_if<Reply>(&message)) {
        answer(*reply);
    } else if (auto* event = std::get_if<RunEvent>(&message)) {
        shelf.apply(std::move(*event));
    } else if (auto* shown = std::get_if<PreviewEvent>(&message)) {
        const auto it = previews.constFind(QString::fromStdString(shown->run));
        shelf.applyPreview(std::move(*shown), it == previews.constEnd() ? 0 : it->newest);
    } else if (auto* told = std::get_if<Notice>(&message)) {
        notice(*told);
    }
}

void EngineClient::Private::on(const ChildStarted& started)
{
    processId = started.processId;
}

void EngineClient::Private::on(const ChildMissing& missing)
{
    fail(missingSentence(QDir::toNativeSeparators(command.program), missing.reason));
}

void EngineClient::Private::on(const ChildEnded& end)
{
    die(lostReason.isEmpty() ? howItEnded(end) : lostReason);
}

void EngineClient::Private::on(const StreamLost& lost)
{
    // The child is killed; its end, the next entry, then says why.
    if (lostReason.isEmpty())
        lostReason = tr("what it sent could not be read: %1").arg(lost.reason);
    QMetaObject::invokeMethod(link, &EngineLink::kill);
}

void EngineClient::Private::on(const FrameLost& lost)
{
    Q_EMIT q->logReceived(QStringLiteral("error"),
                          tr("A message of the engine could not be read: %1").arg(lost.reason));
}

void EngineClient::Private::on(const ChildSaid& said)
{
    lastWords = said.line;
    Q_EMIT q->logReceived(levelOfLine(said.line), said.line);
}

void EngineClient::Private::greet(const Hello& hello)
{
    handshakeTimer.stop();
    if (state == State::Ready)
        return;
    if (hello.protocol != kProtocolVersion) {
        const Hello window{kProtocolVersion, "assay", QCoreApplication::applicationVersion().toStdString()};
        fail(mismatchSentence(hello, window));
        return;
    }
    setState(State::Ready, {});
    const auto waiting = std::exchange(unsent, {});
    for (const auto& [id, frame] : waiting) {
        if (pending.count(id))
            send(frame);
    }
    q->refreshCatalogue();
    q->refreshRuns();
}

void EngineClient::Private::answer(const Reply& reply)
{
    const auto it = pending.find(reply.id);
    if (it == pending.end())
        return;
    const Pending request = std::move(it->second);
    pending.erase(it);
    if (request.handler && (!request.hasContext || request.context))
        request.handler(reply);
}

void EngineClient::Private::notice(const Notice& told)
{
    if (told.topic == "jobs")
        takeJobs(arrayOf(told.body, "jobs"));
    else if (told.topic == "catalogue")
        q->refreshCatalogue();
    else if (told.topic == "log")
        Q_EMIT q->logReceived(textOf(told.body, "level", QStringLiteral("info")), textOf(told.body, "text"));
}

void EngineClient::Private::takeJobs(const Json& list)
{
    if (jobs == list)
        return;
    Json kept = Json::array();
    for (const Json& job : list) {
        const RunState jobState = runStateFromName(textOf(job, "state").toStdString());
        const QString run = textOf(job, "run");
        if (!run.isEmpty() && !isFinal(jobState) && shelf.setLiveState(run, jobState))
            kept.push_back(job);
    }
    jobs = std::move(kept);
    Q_EMIT q->jobsChanged();
}

// -- previews -----------------------------------------------------------------------------------------

void EngineClient::Private::sendPreview(const QString& run)
{
    Preview& preview = previews[run];
    preview.waiting = false;
    preview.computing = true;
    preview.since.start();
    if (const auto record = shelf.find(run))
        record->beginPreview();
    const Json params = {{"run", run.toStdString()}, {"params", preview.params}};
    const quint64 id = lastId + 1;
    preview.newest = id;
    q->request("preview", params, q, [this, run, id](const Reply& reply) {
        if (!reply.ok && state == State::Ready)
            Q_EMIT q->logReceived(QStringLiteral("error"), QString::fromStdString(reply.error));
        previewAnswered(run, id);
    });
}

void EngineClient::Private::previewAnswered(const QString& run, quint64 id)
{
    const auto it = previews.find(run);
    if (it == previews.end() || it->newest != id)
        return;
    it->computing = false;
    if (it->waiting)
        sendPreview(run);
    else if (const auto record = shelf.find(run))
        record->settlePreview();
}

// -- the public face ----------------------------------------------------------------------------------

EngineClient::EngineClient(EngineCommand command, QObject* parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, std::move(command)))
{
    d->drainTimer.setInterval(0);
    d->restartTimer.setSingleShot(true);
    d->handshakeTimer.setSingleShot(true);
    connect(&d->drainTimer, &QTimer::timeout, this, [this] { d->drain(); });
    connect(&d->restartTimer, &QTimer::timeout, this, [this] { d->launch(); });
    connect(&d->handshakeTimer, &QTimer::timeout, this,
            [this] { d->on(StreamLost{tr("it said nothing for %1 s").arg(d->policy.handshakeMs / 1000)}); });
    connect(&d->shelf, &RunShelf::replayFinished, this, &EngineClient::replayFinished);
    connect(&d->shelf, &RunShelf::runEnded, this, &EngineClient::refreshRuns);
    d->thread.setObjectName(QStringLiteral("engine reader"));
    d->thread.start();
    d->anchor = new QObject;
    d->anchor->moveToThread(&d->thread);
}

EngineClient::~EngineClient()
{
    if (d->inbox)
        d->inbox->close();
    QMetaObject::invokeMethod(
        d->anchor,
        [anchor = d->anchor] {
            const auto links = anchor->findChildren<EngineLink*>(Qt::FindDirectChildrenOnly);
            for (EngineLink* link : links)
                link->finishNow();
            delete anchor;
        },
        Qt::BlockingQueuedConnection);
    d->thread.quit();
    d->thread.wait();
}

EngineCommand EngineClient::localEngine(const QString& workspace)
{
    return {QCoreApplication::applicationDirPath() + QStringLiteral("/assay-cli"),
            {QStringLiteral("serve"), QStringLiteral("--workspace"), workspace}};
}

void EngineClient::setRestartPolicy(RestartPolicy policy)
{
    d->policy = std::move(policy);
}

void EngineClient::start()
{
    if (d->state != State::Stopped && d->state != State::Failed)
        return;
    d->deaths = 0;
    d->setState(State::Starting, tr("The engine is starting."));
    d->launch();
}

void EngineClient::stop()
{
    if (d->state == State::Stopped)
        return;
    const QString why = tr("The engine was stopped.");
    d->restartTimer.stop();
    d->dropLink();
    d->setState(State::Stopped, why);
    d->failPending(why);
    d->shelf.engineDied(why);
    d->takeJobs(Json::array());
}

EngineClient::State EngineClient::state() const
{
    return d->state;
}

qint64 EngineClient::processId() const
{
    return d->processId;
}

QString EngineClient::problem() const
{
    return d->problem;
}

const Json& EngineClient::catalogue() const
{
    return d->catalogue;
}

const Json& EngineClient::runs() const
{
    return d->runs;
}

const Json& EngineClient::jobs() const
{
    return d->jobs;
}

quint64 EngineClient::request(const std::string& method, const Json& params, QObject* context,
                              ReplyHandler handler)
{
    const quint64 id = ++d->lastId;
    d->pending[id] = {context, context != nullptr, std::move(handler)};
    if (d->state == State::Failed || d->state == State::Stopped) {
        // Answered on a later turn, as every other reply: callers need not expect it inside request().
        QMetaObject::invokeMethod(
            this,
            [this, id, why = d->problem.toStdString()] {
                d->answer(Reply{id, false, nullptr, {}, why});
            },
            Qt::QueuedConnection);
        return id;
    }
    const QByteArray frame = encodeFrame(Message(Request{id, method, params}));
    if (d->state == State::Ready)
        d->send(frame);
    else
        d->unsent.emplace_back(id, frame);
    return id;
}

void EngineClient::refreshCatalogue()
{
    request("catalogue", Json::object(), this, [this](const Reply& reply) {
        if (!reply.ok || !reply.result.is_object() || reply.result == d->catalogue)
            return;
        d->catalogue = reply.result;
        Q_EMIT catalogueChanged();
    });
}

void EngineClient::refreshRuns()
{
    request("runs", Json::object(), this, [this](const Reply& reply) {
        if (!reply.ok)
            return;
        Json list = arrayOf(reply.result, "runs");
        if (list == d->runs)
            return;
        d->runs = std::move(list);
        Q_EMIT runsChanged();
    });
}

void EngineClient::startRun(const RunSpec& spec, QObject* context, ReplyHandler handler)
{
    request("run.start", {{"spec", toJson(spec)}}, context, std::move(handler));
}

void EngineClient::cancelRun(const QString& run)
{
    request("run.cancel", {{"run", run.toStdString()}}, this, [this](const Reply& reply) {
        if (!reply.ok)
            Q_EMIT logReceived(QStringLiteral("error"), QString::fromStdString(reply.error));
    });
}

std::shared_ptr<RunRecord> EngineClient::record(const QString& run)
{
    return d->shelf.record(run);
}

void EngineClient::preview(const QString& run, const Json& params)
{
    Private::Preview& preview = d->previews[run];
    preview.params = params;
    if (const auto record = d->shelf.find(run))
        record->expectPreview();
    if (!preview.computing) {
        d->sendPreview(run);
        return;
    }
    if (preview.waiting)
        return;
    preview.waiting = true;
    const qint64 left = std::max<qint64>(0, kPreviewHoldMs - preview.since.elapsed());
    QTimer::singleShot(int(left), this, [this, run, id = preview.newest] {
        const auto it = d->previews.find(run);
        if (it != d->previews.end() && it->waiting && it->newest == id)
            d->sendPreview(run);
    });
}

void EngineClient::endPreview(const QString& run)
{
    d->previews.remove(run);
    if (const auto record = d->shelf.find(run))
        record->endPreview();
}

} // namespace assay::widgets
