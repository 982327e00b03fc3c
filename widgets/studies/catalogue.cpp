#include "widgets/studies/catalogue.h"

#include "widgets/engine/json_read.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <exception>

namespace assay::widgets {

namespace {

struct CatalogueWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::Catalogue)
};

const Json* member(const Json& json, const char* key)
{
    if (!json.is_object())
        return nullptr;
    const auto it = json.find(key);
    return it == json.end() || it->is_null() ? nullptr : &*it;
}

QStringList texts(const Json& json, const char* key)
{
    QStringList list;
    const Json* value = member(json, key);
    if (!value || !value->is_array())
        return list;
    for (const Json& item : *value) {
        if (item.is_string())
            list << QString::fromStdString(item.get<std::string>());
    }
    return list;
}

template <class F>
void forEach(const Json& json, const char* key, F&& function)
{
    const Json* value = member(json, key);
    if (!value || !value->is_array())
        return;
    for (const Json& item : *value) {
        if (item.is_object())
            function(item);
    }
}

StudyEntry readStudy(const Json& json)
{
    StudyEntry s;
    s.id = textOf(json, "id");
    s.title = textOf(json, "title");
    s.question = textOf(json, "question");
    s.summary = textOf(json, "summary");
    s.reference = textOf(json, "reference");
    s.version = textOf(json, "version");
    s.plugin = textOf(json, "plugin");
    s.keywords = texts(json, "keywords");
    s.outputs = texts(json, "outputs");
    s.previews = flagOf(json, "previews");
    if (const Json* schema = member(json, "schema")) {
        try {
            s.schema = protocol::schemaFromJson(*schema);
        } catch (const std::exception&) {
            // A schema of a newer engine: the study is listed without a form rather than not at all.
        }
    }
    return s;
}

ModelEntry readModel(const Json& json)
{
    ModelEntry m;
    m.name = textOf(json, "name");
    m.title = textOf(json, "title");
    m.summary = textOf(json, "summary");
    m.architecture = textOf(json, "architecture");
    m.dataset = textOf(json, "dataset");
    m.sha256 = textOf(json, "sha256");
    m.source = textOf(json, "source");
    const Json* classes = member(json, "classes");
    m.classes = classes && classes->is_array() ? int(classes->size()) : int(numberOf(json, "classes"));
    if (const Json* input = member(json, "input")) {
        m.channels = int(numberOf(*input, "channels"));
        m.height = int(numberOf(*input, "height"));
        m.width = int(numberOf(*input, "width"));
    }
    if (const double accuracy = numberOf(json, "accuracy", -1); accuracy >= 0)
        m.accuracyFraction = accuracy;
    m.parameters = qint64(numberOf(json, "parameters"));
    m.format = textOf(json, "format");
    m.file = textOf(json, "file");
    m.warning = textOf(json, "warning");
    m.predictionsOnly = flagOf(json, "predictionsOnly");
    m.detects = textOf(json, "task") == QLatin1String("detection");
    return m;
}

DatasetEntry readDataset(const Json& json)
{
    DatasetEntry d;
    d.name = textOf(json, "name");
    d.title = textOf(json, "title");
    d.source = textOf(json, "source");
    d.licence = textOf(json, "licence");
    d.note = textOf(json, "note");
    d.problem = textOf(json, "problem");
    d.classes = texts(json, "classes");
    d.train = qint64(numberOf(json, "train"));
    d.test = qint64(numberOf(json, "test"));
    d.channels = int(numberOf(json, "channels"));
    d.height = int(numberOf(json, "height"));
    d.width = int(numberOf(json, "width"));
    d.available = flagOf(json, "available");
    d.format = textOf(json, "format");
    d.location = textOf(json, "location");
    d.warning = textOf(json, "warning");
    d.own = flagOf(json, "own");
    d.attributes = texts(json, "attributes");
    d.boxClasses = texts(json, "boxClasses");
    return d;
}

AttackEntry readAttack(const Json& json)
{
    AttackEntry a;
    a.name = textOf(json, "name");
    a.title = textOf(json, "title");
    a.summary = textOf(json, "summary");
    a.reference = textOf(json, "reference");
    a.needs = textOf(json, "needs");
    a.sha256 = textOf(json, "sha256");
    a.norms = texts(json, "norms");
    a.parameters = texts(json, "parameters");
    a.script = flagOf(json, "script");
    a.problem = textOf(json, "problem");
    a.available = a.problem.isEmpty();
    a.targeted = flagOf(json, "targeted");
    a.own = flagOf(json, "own");
    a.imported = flagOf(json, "imported");
    a.file = textOf(json, "file");
    a.warning = textOf(json, "warning");
    return a;
}

QDateTime readTime(const Json& json, const char* key)
{
    const Json* value = member(json, key);
    if (!value)
        return {};
    if (value->is_number())
        return QDateTime::fromMSecsSinceEpoch(qint64(value->get<double>() * 1000));
    return QDateTime::fromString(textOf(json, key), Qt::ISODate).toLocalTime();
}

template <class T>
const T* findBy(const QList<T>& list, QString T::*key, const QString& value)
{
    const auto it = std::find_if(list.begin(), list.end(), [&](const T& item) { return item.*key == value; });
    return it == list.end() ? nullptr : &*it;
}

} // namespace

QString StudyEntry::group() const
{
    QString name = id.section(QLatin1Char('.'), 0, 0);
    name.replace(QLatin1Char('-'), QLatin1Char(' '));
    if (!name.isEmpty())
        name[0] = name[0].toUpper();
    return name;
}

bool StudyEntry::hasLiveFields() const
{
    return std::any_of(schema.fields.begin(), schema.fields.end(), [](const auto& f) { return f.live; });
}

const StudyEntry* Catalogue::study(const QString& id) const
{
    return findBy(studies, &StudyEntry::id, id);
}

const ModelEntry* Catalogue::model(const QString& name) const
{
    return findBy(models, &ModelEntry::name, name);
}

const DatasetEntry* Catalogue::dataset(const QString& name) const
{
    return findBy(datasets, &DatasetEntry::name, name);
}

const AttackEntry* Catalogue::attack(const QString& name) const
{
    return findBy(attacks, &AttackEntry::name, name);
}

FormChoices Catalogue::choices() const
{
    FormChoices choices;
    for (const ModelEntry& m : models) {
        QStringList detail;
        if (m.detects)
            detail << CatalogueWords::tr("finds objects");
        else
            detail << (m.accuracyFraction ? QStringLiteral("%1 %").arg(100 * *m.accuracyFraction, 0, 'f', 1)
                                          : CatalogueWords::tr("accuracy not measured"));
        if (m.predictionsOnly)
            detail << CatalogueWords::tr("predictions only");
        else if (m.parameters > 0)
            detail << CatalogueWords::tr("%1 parameters").arg(countText(double(m.parameters)));
        QStringList note;
        if (m.predictionsOnly)
            note << CatalogueWords::tr(
                "Only its answers are known, not the network: a study that puts new images to "
                "it, or needs gradients, refuses it.");
        if (!m.warning.isEmpty())
            note << m.warning;
        choices.models.append({m.name,
                               m.title.isEmpty() ? m.name : m.title,
                               detail.join(QStringLiteral(" · ")),
                               {},
                               note.join(QLatin1Char(' ')),
                               m.detects ? QStringLiteral("detection") : QString()});
    }
    for (const DatasetEntry& d : datasets) {
        const QString detail = d.available
                                   ? CatalogueWords::tr("%1 test images").arg(QLocale().toString(d.test))
                                   : CatalogueWords::tr("not available");
        const QString problem = d.available ? QString() : d.problem.isEmpty() ? detail : d.problem;
        choices.datasets.append({d.name, d.title.isEmpty() ? d.name : d.title, detail, problem, d.warning,
                                 d.boxClasses.isEmpty() ? QString() : QStringLiteral("boxes")});
    }
    return choices;
}

Catalogue readCatalogue(const Json& json)
{
    Catalogue c;
    forEach(json, "studies", [&](const Json& item) { c.studies.append(readStudy(item)); });
    forEach(json, "models", [&](const Json& item) { c.models.append(readModel(item)); });
    forEach(json, "datasets", [&](const Json& item) { c.datasets.append(readDataset(item)); });
    forEach(json, "attacks", [&](const Json& item) { c.attacks.append(readAttack(item)); });
    c.devices = texts(json, "devices");
    c.workspace = textOf(json, "workspace");
    if (const Json* engine = member(json, "engine"))
        c.engine = *engine;
    return c;
}

QList<RunEntry> readRuns(const Json& json)
{
    QList<RunEntry> runs;
    const auto read = [&runs](const Json& item) {
        RunEntry r;
        r.run = textOf(item, "run");
        r.study = textOf(item, "study");
        r.title = textOf(item, "title");
        r.state = textOf(item, "state");
        r.error = textOf(item, "error");
        r.device = textOf(item, "device");
        r.started = readTime(item, "started");
        r.seconds = numberOf(item, "seconds");
        r.seed = quint64(std::max(0.0, numberOf(item, "seed")));
        r.bytes = qint64(numberOf(item, "bytes"));
        if (!r.run.isEmpty())
            runs.append(r);
    };
    if (json.is_array()) {
        for (const Json& item : json)
            read(item);
    } else {
        forEach(json, "runs", read);
    }
    return runs;
}

QString whenText(const QDateTime& time, const QDateTime& now)
{
    if (!time.isValid())
        return {};
    const qint64 seconds = time.secsTo(now);
    if (seconds >= 0 && seconds < 60)
        return CatalogueWords::tr("just now");
    if (seconds >= 0 && seconds < 3600)
        return seconds < 120 ? CatalogueWords::tr("a minute ago")
                             : CatalogueWords::tr("%1 minutes ago").arg(seconds / 60);
    const QString clock = time.toString(QStringLiteral("HH:mm"));
    if (time.date() == now.date())
        return CatalogueWords::tr("today %1").arg(clock);
    if (time.date().addDays(1) == now.date())
        return CatalogueWords::tr("yesterday %1").arg(clock);
    return QLocale().toString(time, QStringLiteral("d MMM yyyy HH:mm"));
}

QString countText(double count)
{
    if (count >= 1e6)
        return CatalogueWords::tr("%1 M").arg(count / 1e6, 0, 'f', count >= 1e7 ? 0 : 1);
    if (count >= 1e4)
        return CatalogueWords::tr("%1 k").arg(count / 1e3, 0, 'f', 0);
    return QLocale().toString(qint64(count));
}

} // namespace assay::widgets
