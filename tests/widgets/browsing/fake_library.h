#pragma once

#include "widgets/browsing/engine_port.h"
#include "widgets/studies/catalogue.h"

#include <QList>
#include <QPointer>

#include <vector>

namespace assay::test {

/// A library of one data set ("shapes") and two models that answers as the engine does: at once on a later
/// turn of the event loop, or when the test says so.
///
/// Sample i of either split has class i % 4, style (i / 4) % 3, yaw i % 100 - 50, the name "shape-i.png", the
/// caption "a red disc" or "a blue square", and in channel c the value (i + 40 c + x) % 256 at column x.
class FakeLibrary
{
public:
    struct Question
    {
        std::string method;
        Json params;
        QPointer<QObject> context;
        widgets::EngineClient::ReplyHandler handler;
    };

    explicit FakeLibrary(qint64 count = 100, int channels = 3, int side = 28);

    QList<Question> questions; ///< those not answered, when they wait
    bool answersAtOnce = true;
    qint64 unreadable = -1; ///< no thumbnail with this image can be made
    std::string refusal;    ///< said to everything, when not empty
    int asked = 0;          ///< questions of any method so far
    qint64 thumbnails = 0;  ///< ids asked for so far
    qsizetype mostIds = 0;  ///< of one request

    widgets::EnginePort port();
    void answer(int position = 0);
    void answerAll();
    widgets::Catalogue catalogue() const;
    Json tableHead() const;
    std::vector<std::uint8_t> tableBytes() const;
    static Json modelReport();

private:
    protocol::Reply replyTo(const Question& question) const;
    protocol::Reply thumbnailsOf(const Json& params) const;
    protocol::Reply sampleOf(const Json& params) const;
    std::vector<std::uint8_t> image(qint64 id, int side) const;

    qint64 m_count;
    int m_channels;
    int m_side;
};

} // namespace assay::test
