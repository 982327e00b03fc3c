#include "widgets/studies/details_dialog.h"

#include "widgets/studies/card_items.h"
#include "widgets/studies/text_kit.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLocale>
#include <QVBoxLayout>

namespace assay::widgets {

namespace {

QString shape(int channels, int height, int width)
{
    return width > 0 ? QStringLiteral("%1 × %2 × %3").arg(channels).arg(height).arg(width) : QString();
}

} // namespace

DetailsDialog::DetailsDialog(const ModelEntry& model, QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("modelDetails"));
    begin(tr("Model"), model.title.isEmpty() ? model.name : model.title, model.summary);
    addFact(tr("Warning"), model.warning, "warning");
    addFact(tr("Name in specs"), model.name, "mono");
    addFact(tr("Architecture"), model.architecture);
    if (model.parameters > 0)
        addFact(tr("Parameters"), QLocale().toString(model.parameters));
    if (model.accuracyFraction)
        addFact(tr("Test accuracy"), QStringLiteral("%1 %").arg(100 * *model.accuracyFraction, 0, 'f', 2));
    else
        addFact(tr("Test accuracy"), tr("not measured"));
    addFact(tr("Trained on"), model.dataset);
    addFact(tr("Input (C × H × W)"), shape(model.channels, model.height, model.width));
    if (model.classes > 0)
        addFact(tr("Classes"), QString::number(model.classes));
    addFact(tr("Source"),
            model.source == QLatin1String("zoo") ? tr("the zoo that comes with Assay") : model.source);
    if (model.isOwn())
        addFact(tr("Format"), formatText(model.format));
    if (model.predictionsOnly)
        addFact(tr("What is there"), tr("predictions only; the network is not known"));
    addFact(tr("File"), model.file, "mono");
    addFact(tr("SHA-256"), model.sha256, "mono");
    end();
}

DetailsDialog::DetailsDialog(const DatasetEntry& dataset, QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("datasetDetails"));
    begin(tr("Data set"), dataset.title.isEmpty() ? dataset.name : dataset.title, dataset.note);
    if (!dataset.available)
        addFact(tr("Not available"), dataset.problem, "problem");
    addFact(tr("Warning"), dataset.warning, "warning");
    addFact(tr("Name in specs"), dataset.name, "mono");
    if (dataset.available) {
        addFact(tr("Training images"), QLocale().toString(dataset.train));
        addFact(tr("Test images"), QLocale().toString(dataset.test));
    }
    addFact(tr("Image (C × H × W)"), shape(dataset.channels, dataset.height, dataset.width));
    addFact(tr("Classes"), dataset.classes.join(QStringLiteral(", ")));
    addFact(tr("Attributes"), dataset.attributes.join(QStringLiteral(", ")));
    if (dataset.own)
        addFact(tr("Format"), formatText(dataset.format));
    addFact(tr("Files"), dataset.location, "mono");
    addFact(tr("Source"), dataset.source);
    addFact(tr("Licence"), dataset.licence);
    end();
}

DetailsDialog::DetailsDialog(const AttackEntry& attack, QWidget* parent)
    : QDialog(parent)
{
    setObjectName(QStringLiteral("attackDetails"));
    begin(tr("Attack"), attack.title.isEmpty() ? attack.name : attack.title, attack.summary);
    addFact(tr("Cannot be used"), attack.problem, "problem");
    addFact(tr("Warning"), attack.warning, "warning");
    addFact(tr("Name in specs"), attack.name, "mono");
    if (attack.available) {
        addFact(tr("Norms"), normsText(attack.norms));
        addFact(tr("Needs"),
                attack.needs == QLatin1String("query") ? tr("answers only") : tr("a network with gradients"));
        addFact(tr("Can aim at a class"), attack.targeted ? tr("yes") : tr("no"));
        addFact(tr("Parameters"), attack.parameters.join(QStringLiteral(", ")));
    }
    addFact(tr("Reference"), attack.reference);
    addFact(tr("Script"), attack.file, "mono");
    addFact(tr("SHA-256"), attack.sha256, "mono");
    end();
}

void DetailsDialog::begin(const QString& heading, const QString& title, const QString& summary)
{
    setWindowTitle(title);
    const int em = fontMetrics().height();
    setMinimumWidth(34 * em);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(em * 3 / 2, em * 3 / 2, em * 3 / 2, em);
    layout->setSpacing(em / 2);
    layout->addWidget(makeText("heading", heading, this));
    layout->addWidget(makeParagraph("title", title, this));
    if (!summary.isEmpty())
        layout->addWidget(makeParagraph("", summary, this));
    m_facts = new QFormLayout;
    m_facts->setHorizontalSpacing(em * 3 / 2);
    m_facts->setVerticalSpacing(em / 3);
    m_facts->setLabelAlignment(Qt::AlignLeft);
    layout->addSpacing(em / 2);
    layout->addLayout(m_facts);
}

void DetailsDialog::addFact(const QString& name, const QString& value, const char* kind)
{
    if (!value.isEmpty())
        m_facts->addRow(makeText("muted", name, this), makeParagraph(kind, value, this));
}

void DetailsDialog::end()
{
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::close);
    layout()->addWidget(buttons);
}

} // namespace assay::widgets
