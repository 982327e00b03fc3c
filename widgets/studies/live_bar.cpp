#include "widgets/studies/live_bar.h"

#include "widgets/studies/play_button.h"
#include "widgets/studies/text_kit.h"

#include <QFileInfo>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QPushButton>
#include <QTimer>

#include <algorithm>

namespace assay::widgets {

namespace {

/// @p shown as one of @p values says it: itself, or the path of the file of that name.
Json asGiven(const Json& shown, const Json& values)
{
    if (!shown.is_string() || !values.is_array() ||
        std::find(values.begin(), values.end(), shown) != values.end())
        return shown;
    const QString name = QString::fromStdString(shown.get<std::string>());
    for (const Json& value : values) {
        if (value.is_string() &&
            QFileInfo(QString::fromStdString(value.get<std::string>())).completeBaseName() == name)
            return value;
    }
    return shown;
}

} // namespace

LiveBar::LiveBar(QWidget* parent)
    : QFrame(parent)
    , m_form(new SchemaForm(this))
    , m_hint(makeText("small", {}, this))
    , m_reset(new QPushButton(tr("Back to the run's values"), this))
    , m_coalesce(new QTimer(this))
    , m_playRow(new QHBoxLayout)
{
    setObjectName(QStringLiteral("liveBar"));
    setProperty("kind", QStringLiteral("card"));
    m_form->setObjectName(QStringLiteral("liveForm"));
    m_reset->setObjectName(QStringLiteral("liveReset"));
    m_reset->setProperty("kind", QStringLiteral("flat"));
    m_reset->hide();
    // Its place is kept: the page must not move under a hand that has begun to drag on it.
    QSizePolicy kept = m_reset->sizePolicy();
    kept.setRetainSizeWhenHidden(true);
    m_reset->setSizePolicy(kept);
    m_coalesce->setSingleShot(true);
    m_coalesce->setInterval(0);
    m_hint->setText(tr("Move these and the figures follow"));

    const int em = fontMetrics().height();
    auto* layout = new QGridLayout(this);
    layout->setContentsMargins(em, em / 2, em, em / 2);
    layout->setVerticalSpacing(em / 4);
    layout->addWidget(m_hint, 0, 0);
    layout->addLayout(m_playRow, 0, 1, Qt::AlignRight);
    layout->addWidget(m_reset, 0, 2, Qt::AlignRight);
    layout->addWidget(m_form, 1, 0, 1, 3);
    layout->setColumnStretch(0, 1);

    connect(m_form, &SchemaForm::edited, m_coalesce, qOverload<>(&QTimer::start));
    connect(m_form, &SchemaForm::edited, this, &LiveBar::stopPlaying); // a hand on a control ends the film
    connect(m_coalesce, &QTimer::timeout, this, &LiveBar::send);
    connect(m_reset, &QPushButton::clicked, this, [this] {
        stopPlaying();
        propose(m_stored);
    });
}

void LiveBar::setSchema(const protocol::Schema& schema, const FormChoices& choices)
{
    m_schema = schema;
    m_form->setSchema(schema, choices, SchemaForm::Fields::Live);
    makePlayButtons();
    showOffered();
    if (!m_stored.empty()) {
        m_form->setValues(m_stored);
        tellPlayers(m_stored);
    }
}

void LiveBar::setOffered(std::map<std::string, std::vector<Json>> offered)
{
    m_offered = std::move(offered);
    showOffered();
}

void LiveBar::makePlayButtons()
{
    qDeleteAll(m_plays);
    m_plays.clear();
    for (const protocol::Field& field : m_schema.fields) {
        if (!field.live || field.list || field.type != protocol::FieldType::Integer)
            continue;
        auto* play = new PlayButton(field.name, QString::fromStdString(field.label), this);
        connect(play, &PlayButton::frameWanted, this, &LiveBar::showFrame);
        m_playRow->addWidget(play);
        m_plays.push_back(play);
    }
    showFrames();
}

void LiveBar::setFrames(std::map<std::string, std::vector<double>> frames)
{
    m_frames = std::move(frames);
    showFrames();
}

void LiveBar::showFrames()
{
    for (PlayButton* play : m_plays) {
        const auto found = m_frames.find(play->field());
        std::vector<double> values = found == m_frames.end() ? std::vector<double>() : found->second;
        const protocol::Field* field = m_schema.find(play->field());
        std::erase_if(values, [&](double value) {
            return !field || (field->low && value < *field->low) || (field->high && value > *field->high);
        });
        play->setFrames(std::move(values));
    }
}

void LiveBar::takeAnswer()
{
    for (PlayButton* play : m_plays)
        play->takeAnswer();
}

void LiveBar::stopPlaying()
{
    for (PlayButton* play : m_plays)
        play->stop();
}

void LiveBar::tellPlayers(const Json& params)
{
    for (PlayButton* play : m_plays) {
        const auto shown = params.find(play->field());
        if (shown != params.end() && shown->is_number())
            play->setCurrent(shown->get<double>());
    }
}

void LiveBar::showFrame(const QString& field, double value)
{
    change({{field.toStdString(), std::int64_t(value)}});
}

void LiveBar::showOffered()
{
    for (const auto& [field, values] : m_offered)
        m_form->setOffered(field, values);
}

void LiveBar::setStored(const Json& params)
{
    m_stored = params;
    m_form->setValues(params);
    stopPlaying();
    tellPlayers(params);
    m_changed = false;
    m_reset->hide();
}

void LiveBar::propose(const Json& params)
{
    m_form->setValues(params);
    send();
}

void LiveBar::change(const Json& params)
{
    Json next = values();
    for (const auto& [key, value] : params.items()) {
        const protocol::Field* field = m_schema.find(key);
        if (field && field->live)
            next[key] = asGiven(value, next.value(field->valuesFrom, Json()));
    }
    if (next != values())
        propose(next);
}

Json LiveBar::values() const
{
    Json values = m_stored;
    const Json shown = m_form->values();
    for (const auto& [key, value] : shown.items())
        values[key] = value;
    return values;
}

void LiveBar::send()
{
    if (!m_form->isValid())
        return;
    const Json params = values();
    tellPlayers(params);
    m_changed = params != m_stored;
    m_reset->setVisible(m_changed);
    m_hint->setText(m_changed ? tr("Preview: the run on disk keeps its own values")
                              : tr("Move these and the figures follow"));
    if (m_changed)
        Q_EMIT previewRequested(params);
    else
        Q_EMIT restored();
}

} // namespace assay::widgets
