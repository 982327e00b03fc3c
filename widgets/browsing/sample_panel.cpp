#include "widgets/browsing/sample_panel.h"

#include "widgets/browsing/background.h"
#include "widgets/browsing/predictions_view.h"
#include "widgets/browsing/zoom_view.h"
#include "widgets/forms/field_control.h"
#include "widgets/studies/text_kit.h"

#include <QFormLayout>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace assay::widgets {

namespace {

/// "(3, 7)  146 = 0.573" or one number a channel, as in galleries.
QString pixelText(const QPoint& pixel, const QVector<int>& values)
{
    QStringList raw, unit;
    for (const int value : values) {
        raw << QString::number(value);
        unit << QString::number(value / 255.0, 'f', 3);
    }
    return QStringLiteral("(%1, %2)  %3 = %4")
        .arg(pixel.x())
        .arg(pixel.y())
        .arg(raw.join(QLatin1Char(' ')), unit.join(QLatin1Char(' ')));
}

QToolButton* toolButton(const char* name, const QString& text, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setObjectName(QString::fromLatin1(name));
    button->setText(text);
    button->setAccessibleName(text);
    button->setToolTip(text);
    return button;
}

} // namespace

SamplePanel::SamplePanel(EnginePort port, QWidget* parent)
    : QScrollArea(parent)
    , m_port(std::move(port))
    , m_page(new QWidget)
    , m_content(new QWidget(m_page))
    , m_column(new QVBoxLayout(m_content))
    , m_title(makeText("subtitle", {}, m_content))
    , m_name(new ElidedLabel("small", m_content))
    , m_hint(makeText("muted", tr("Choose an image to see it large."), m_page))
    , m_image(new ZoomView(m_content))
    , m_pixel(makeText("mono", {}, m_content))
    , m_zoom(makeText("small", {}, m_content))
    , m_facts(new QFormLayout)
    , m_caption(makeParagraph("", {}, m_content))
    , m_modelButton(toolButton("chooseModels", tr("Models"), m_content))
    , m_modelRoom(new QVBoxLayout)
    , m_predictions(new PredictionsView(m_content))
    , m_problem(makeParagraph("problem", {}, m_page))
{
    setObjectName(QStringLiteral("samplePanel"));
    setAccessibleName(tr("The chosen image"));
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setMinimumWidth(fontMetrics().height() * 16);
    m_page->setProperty("kind", "panel");
    build();
    setWidget(m_page);
    show(-1);
}

SamplePanel::~SamplePanel() = default;

void SamplePanel::build()
{
    const int line = fontMetrics().height();
    m_hint->setWordWrap(true);
    m_problem->setObjectName(QStringLiteral("sampleProblem"));
    m_title->setObjectName(QStringLiteral("sampleTitle"));
    m_pixel->setObjectName(QStringLiteral("pixelValue"));
    m_pixel->setMinimumHeight(line); // nothing moves when a value appears
    m_facts->setHorizontalSpacing(line / 2);
    m_facts->setVerticalSpacing(line / 4);
    m_facts->setRowWrapPolicy(QFormLayout::WrapLongRows);
    m_column->setContentsMargins(0, 0, 0, 0);
    m_column->setSpacing(line / 3);
    m_column->addWidget(m_title);
    m_column->addWidget(m_name);
    m_column->addWidget(m_image);
    m_column->addWidget(makeZoomRow());
    m_column->addWidget(m_pixel);
    m_column->addLayout(m_facts);
    m_column->addWidget(m_caption);
    m_column->addWidget(makeModelChoice());
    m_column->addLayout(m_modelRoom);
    m_column->addWidget(m_predictions);
    auto* layout = new QVBoxLayout(m_page);
    layout->setContentsMargins(line / 2, line / 2, line / 2, line / 2);
    layout->setSpacing(line / 3);
    layout->addWidget(m_hint);
    layout->addWidget(m_problem);
    layout->addWidget(m_content);
    layout->addStretch();
    connect(m_image, &ZoomView::pixelHovered, this, [this](QPoint pixel, const QVector<int>& values) {
        m_pixel->setText(values.isEmpty() ? QString() : pixelText(pixel, values));
    });
    connect(m_image, &ZoomView::zoomChanged, this, [this](double zoom) {
        m_zoom->setText(tr("%1 %").arg(qRound(zoom * devicePixelRatioF() * 100)));
    });
}

QWidget* SamplePanel::makeZoomRow()
{
    auto* host = new QWidget(m_content);
    auto* row = new QHBoxLayout(host);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(fontMetrics().height() / 4);
    m_zoomButtons[0] = toolButton("zoomOut", tr("Smaller (−)"), host);
    m_zoomButtons[1] = toolButton("zoomIn", tr("Larger (+)"), host);
    auto* fit = toolButton("zoomFit", tr("Fit"), host);
    fit->setToolTip(tr("Fits the image (0)"));
    auto* own = toolButton("zoomOwn", tr("1:1"), host);
    own->setToolTip(tr("Shows the image at its own size (1)"));
    own->setAccessibleName(tr("Own size"));
    m_boxes = toolButton("showBoxes", tr("Boxes"), host);
    m_boxes->setCheckable(true);
    m_boxes->setChecked(true);
    const auto zoomBy = [this](double factor) {
        m_image->zoomTo(m_image->zoom() * factor, QRectF(m_image->rect()).center());
    };
    connect(m_zoomButtons[0], &QToolButton::clicked, this, [zoomBy] { zoomBy(0.8); });
    connect(m_zoomButtons[1], &QToolButton::clicked, this, [zoomBy] { zoomBy(1.25); });
    connect(fit, &QToolButton::clicked, m_image, &ZoomView::fit);
    connect(own, &QToolButton::clicked, this,
            [zoomBy, this] { zoomBy(1 / (m_image->zoom() * devicePixelRatioF())); });
    connect(m_boxes, &QToolButton::toggled, m_image, &ZoomView::setBoxesShown);
    for (QWidget* widget :
         std::initializer_list<QWidget*>{m_zoomButtons[0], m_zoomButtons[1], fit, own, m_boxes})
        row->addWidget(widget);
    row->addStretch();
    row->addWidget(m_zoom);
    return host;
}

QWidget* SamplePanel::makeModelChoice()
{
    auto* host = new QWidget(m_content);
    auto* row = new QHBoxLayout(host);
    row->setContentsMargins(0, fontMetrics().height() / 3, 0, 0);
    m_modelButton->setCheckable(true);
    m_modelButton->setProperty("kind", "outlined");
    m_modelButton->setToolTip(tr("Chooses the models whose predictions are shown"));
    row->addWidget(makeText("heading", tr("Predictions"), host));
    row->addStretch();
    row->addWidget(m_modelButton);
    connect(m_modelButton, &QToolButton::toggled, this, [this](bool open) {
        if (m_modelList)
            m_modelList->setVisible(open);
    });
    return host;
}

void SamplePanel::setModels(const QList<FormChoices::Choice>& models, const QStringList& first)
{
    Json chosen = Json::array();
    QStringList before = chosenModels();
    if (!m_modelList)
        before = first;
    for (const QString& name : before)
        chosen.push_back(name.toStdString());
    delete m_modelList;
    protocol::Field field;
    field.name = "browser-models";
    field.label = tr("Models").toStdString();
    field.type = protocol::FieldType::Model;
    field.list = true;
    FormChoices choices;
    choices.models = models;
    m_modelList = FieldControl::create(field, choices, false, m_content);
    m_modelList->setValue(chosen);
    m_modelList->setVisible(m_modelButton->isChecked());
    m_modelRoom->addWidget(m_modelList);
    connect(m_modelList, &FieldControl::edited, this, [this] {
        updateModelButton();
        show(m_id);
    });
    updateModelButton();
    if (chosenModels() != before || m_id >= 0)
        show(m_id);
}

QStringList SamplePanel::chosenModels() const
{
    QStringList names;
    if (!m_modelList)
        return names;
    const Json value = m_modelList->value();
    if (!value.is_array())
        return names;
    for (const Json& name : value) {
        if (name.is_string())
            names << QString::fromStdString(name.get<std::string>());
    }
    return names;
}

void SamplePanel::updateModelButton()
{
    const qsizetype count = chosenModels().size();
    m_modelButton->setText(count == 0 ? tr("Choose models") : tr("Models (%1)").arg(count));
    m_modelButton->setAccessibleName(m_modelButton->text());
}

void SamplePanel::setSource(const QString& data, const QString& split, const QStringList& classes)
{
    m_data = data;
    m_split = split;
    m_classes = classes;
    ++m_serial;
    m_underWay = false;
    show(-1);
}

void SamplePanel::show(qint64 id)
{
    m_id = id;
    if (id < 0) {
        m_waiting = false;
        m_content->hide();
        m_problem->hide();
        m_hint->show();
        m_image->clear();
        return;
    }
    m_waiting = true;
    ask();
}

void SamplePanel::ask()
{
    if (m_underWay || !m_waiting || m_data.isEmpty())
        return;
    m_underWay = true;
    m_waiting = false;
    Json models = Json::array();
    const QStringList chosen = chosenModels();
    for (const QString& name : chosen)
        models.push_back(name.toStdString());
    const Json params = {{"data", m_data.toStdString()},
                         {"split", m_split.toStdString()},
                         {"id", m_id},
                         {"models", std::move(models)}};
    m_port("data.sample", params, this,
           [this, serial = m_serial](const protocol::Reply& reply) { take(reply, serial); });
}

void SamplePanel::take(const protocol::Reply& reply, quint64 serial)
{
    if (serial != m_serial)
        return;
    if (!reply.ok) {
        m_underWay = false;
        if (m_waiting)
            ask();
        else if (m_id >= 0)
            showProblem(QString::fromStdString(reply.error));
        return;
    }
    const auto bytes = std::make_shared<const std::vector<std::uint8_t>>(reply.bytes);
    inBackground(
        this, [head = reply.result, bytes] { return readSample(head, bytes); },
        [this, serial](const SampleReply& sample) {
            if (serial != m_serial)
                return;
            m_underWay = false;
            if (m_waiting)
                ask();
            else if (m_id >= 0)
                showSample(sample);
        });
}

void SamplePanel::showProblem(const QString& sentence)
{
    m_hint->hide();
    m_content->hide();
    m_problem->setText(sentence);
    m_problem->show();
}

void SamplePanel::showSample(const SampleReply& sample)
{
    if (!sample.problem.isEmpty()) {
        showProblem(sample.problem);
        return;
    }
    m_hint->hide();
    m_problem->hide();
    m_content->show();
    m_title->setText(tr("Image %1").arg(m_id));
    m_name->setWholeText(sample.name);
    m_name->setVisible(!sample.name.isEmpty());
    m_image->setSample(sample);
    m_boxes->setVisible(!sample.boxes.isEmpty());
    m_pixel->clear();
    fillFacts(sample);
    m_caption->setText(sample.caption);
    m_caption->setVisible(!sample.caption.isEmpty());
    m_predictions->setPredictions(sample.predictions, m_classes.value(sample.label));
    m_predictions->setVisible(!sample.predictions.isEmpty());
}

void SamplePanel::fillFacts(const SampleReply& sample)
{
    while (m_facts->rowCount() > 0)
        m_facts->removeRow(0);
    const auto add = [this](const QString& name, const QString& value) {
        if (!value.isEmpty())
            m_facts->addRow(makeText("muted", name, m_content), makeParagraph("", value, m_content));
    };
    add(tr("Class"), m_classes.value(sample.label));
    const SamplePixels& pixels = sample.pixels;
    const QString channels = pixels.channels == 1 ? tr("1 channel") : tr("%1 channels").arg(pixels.channels);
    add(tr("Size"), tr("%1 × %2 pixels, %3").arg(pixels.width).arg(pixels.height).arg(channels));
    for (const SampleReply::Fact& fact : sample.attributes)
        add(fact.name, fact.value);
}

void SamplePanel::setTheme(const Theme& theme)
{
    m_theme = theme;
    m_image->setTheme(theme);
    m_predictions->setTheme(theme);
    m_zoomButtons[0]->setIcon(theme.icon(QStringLiteral("zoom-out"), theme.mutedText));
    m_zoomButtons[1]->setIcon(theme.icon(QStringLiteral("zoom-in"), theme.mutedText));
    m_modelButton->setIcon(theme.icon(QStringLiteral("model"), theme.mutedText));
    m_modelButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
}

} // namespace assay::widgets
