#include "widgets/studies/card_items.h"

#include "widgets/jobs/duration_text.h"
#include "widgets/studies/text_kit.h"

#include <QCoreApplication>
#include <QHash>
#include <QLocale>

namespace assay::widgets {

namespace {

struct CardItemsWords
{
    Q_DECLARE_TR_FUNCTIONS(assay::widgets::CardItems)
};

const QString kDot = QStringLiteral(" · ");

QString sizeText(int channels, int height, int width)
{
    if (width <= 0)
        return {};
    return CardItemsWords::tr("%1 × %2 %3")
        .arg(width)
        .arg(height)
        .arg(channels == 1 ? CardItemsWords::tr("grey") : CardItemsWords::tr("colour"));
}

QString classesText(int classes)
{
    return classes > 0 ? CardItemsWords::tr("%1 classes").arg(classes) : QString();
}

QString joined(QStringList parts)
{
    parts.removeAll(QString());
    return parts.join(kDot);
}

} // namespace

QString normsText(const QStringList& norms)
{
    QStringList shown;
    for (const QString& norm : norms)
        shown << (norm == QLatin1String("linf") ? QStringLiteral("L∞") : norm.toUpper());
    return shown.join(QStringLiteral(", "));
}

QString formatText(const QString& format)
{
    static const QHash<QString, QString> names{{QStringLiteral("onnx"), QStringLiteral("ONNX")},
                                               {QStringLiteral("torchscript"), QStringLiteral("TorchScript")},
                                               {QStringLiteral("tfjs"), QStringLiteral("TF.js")},
                                               {QStringLiteral("idx"), QStringLiteral("IDX")},
                                               {QStringLiteral("npz"), QStringLiteral("NPZ")},
                                               {QStringLiteral("npy"), QStringLiteral("NPY")},
                                               {QStringLiteral("csv"), QStringLiteral("CSV")},
                                               {QStringLiteral("coco"), QStringLiteral("COCO")},
                                               {QStringLiteral("cifar"), QStringLiteral("CIFAR")}};
    return names.value(format, QString(format).replace(QLatin1Char('_'), QLatin1Char(' ')));
}

QList<CardItem> studyItems(const Catalogue& catalogue)
{
    QList<CardItem> items;
    for (const StudyEntry& s : catalogue.studies) {
        CardItem item;
        item.id = s.id;
        item.title = s.title;
        item.heading = s.group();
        item.body = s.question;
        item.meta = s.reference;
        item.toolTip = s.summary;
        item.searched = {s.title,    s.keywords.join(QLatin1Char(' ')), s.question, s.id, s.summary,
                         s.reference};
        item.sortValue = double(items.size());
        items.append(item);
    }
    return items;
}

QList<CardItem> modelItems(const Catalogue& catalogue)
{
    QList<CardItem> items;
    for (const ModelEntry& m : catalogue.models) {
        CardItem item;
        item.id = m.name;
        item.title = m.title.isEmpty() ? m.name : m.title;
        const QString size = m.parameters > 0
                                 ? CardItemsWords::tr("%1 parameters").arg(countText(double(m.parameters)))
                                 : QString();
        item.meta = joined({m.predictionsOnly ? classesText(m.classes) : m.architecture, size});
        if (m.accuracyFraction)
            item.badge = QStringLiteral("%1 %").arg(100 * *m.accuracyFraction, 0, 'f', 1);
        if (m.isOwn() && !m.format.isEmpty() && m.format != QLatin1String("predictions"))
            item.tags << formatText(m.format);
        if (m.predictionsOnly)
            item.tags << CardItemsWords::tr("predictions only");
        item.warning = m.warning;
        item.toolTip = m.summary;
        item.searched = {item.title, m.name, m.architecture, m.dataset, item.tags.join(QLatin1Char(' ')),
                         m.summary};
        item.sortValue = double(items.size());
        items.append(item);
    }
    return items;
}

QList<CardItem> datasetItems(const Catalogue& catalogue)
{
    QList<CardItem> items;
    for (const DatasetEntry& d : catalogue.datasets) {
        CardItem item;
        item.id = d.name;
        item.title = d.title.isEmpty() ? d.name : d.title;
        item.enabled = d.available;
        if (d.available) {
            const QString images = CardItemsWords::tr("%1 train, %2 test")
                                       .arg(QLocale().toString(d.train), QLocale().toString(d.test));
            item.meta = joined({sizeText(d.channels, d.height, d.width), images});
            item.badge = CardItemsWords::tr("available");
            item.tone = QStringLiteral("good");
        } else {
            item.body = d.problem;
            item.badge = CardItemsWords::tr("missing");
            item.tone = QStringLiteral("warning");
        }
        if (d.own && !d.format.isEmpty())
            item.tags << formatText(d.format);
        item.warning = d.warning;
        item.toolTip = d.available ? d.note : d.problem;
        item.searched = {item.title, d.name,
                         d.note,     d.classes.join(QLatin1Char(' ')),
                         d.source,   item.tags.join(QLatin1Char(' '))};
        item.sortValue = d.available ? double(items.size()) : 1000.0 + double(items.size());
        items.append(item);
    }
    return items;
}

QList<CardItem> attackItems(const Catalogue& catalogue)
{
    QList<CardItem> items;
    for (const AttackEntry& a : catalogue.attacks) {
        CardItem item;
        item.id = a.name;
        item.title = a.title.isEmpty() ? a.name : a.title;
        item.enabled = a.available;
        if (a.available) {
            item.meta = joined({normsText(a.norms), a.needs == QLatin1String("query")
                                                        ? CardItemsWords::tr("asks for answers only")
                                                        : QString()});
        } else {
            item.body = a.problem;
            item.badge = CardItemsWords::tr("unusable");
            item.tone = QStringLiteral("warning");
        }
        if (a.script)
            item.tags << CardItemsWords::tr("script");
        item.warning = a.warning;
        item.toolTip = a.available ? a.summary : a.problem;
        item.searched = {item.title, a.name, a.summary, a.reference, item.tags.join(QLatin1Char(' '))};
        item.sortValue = (a.script ? 0.0 : 1000.0) + double(items.size());
        items.append(item);
    }
    return items;
}

QList<CardItem> runItems(const QList<RunEntry>& runs, const Catalogue& catalogue)
{
    QList<CardItem> items;
    for (const RunEntry& r : runs) {
        const StudyEntry* study = catalogue.study(r.study);
        const QString studyTitle = study ? study->title : r.study;
        CardItem item;
        item.id = r.run;
        item.title = r.title.isEmpty() ? studyTitle : r.title;
        item.meta = joined({r.title.isEmpty() ? QString() : studyTitle, whenText(r.started),
                            r.seconds > 0 ? durationText(r.seconds) : QString()});
        item.body = r.error;
        item.badge = stateText(r.state);
        item.tone = stateTone(r.state);
        item.toolTip = CardItemsWords::tr("%1\nseed %2, %3, %4")
                           .arg(r.run)
                           .arg(r.seed)
                           .arg(r.device, QLocale().formattedDataSize(r.bytes));
        item.searched = {item.title, studyTitle, r.study, r.run, item.badge, r.error};
        item.sortValue = double(items.size());
        items.append(item);
    }
    return items;
}

} // namespace assay::widgets
