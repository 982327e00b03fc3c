#include "backend/engine/browsing/browse_requests.h"

#include "backend/engine/browsing/data_table.h"
#include "backend/engine/browsing/sample_view.h"
#include "backend/engine/request_params.h"
#include "backend/protocol/error.h"

namespace assay::engine {

using namespace protocol;

namespace {

data::Split splitOf(const Json& params)
{
    const std::string text = textOf(params, "split");
    if (text != "train" && text != "test")
        throw Error("'split' must be \"train\" or \"test\"", "request");
    return text == "train" ? data::Split::Train : data::Split::Test;
}

} // namespace

std::optional<Reply> answerBrowsing(Engine& engine, ThumbnailCache& thumbnails, const Request& request)
{
    const Json& params = request.params;
    if (request.method != "data.table" && request.method != "data.thumbnails" &&
        request.method != "data.sample")
        return std::nullopt;
    const data::Split split = splitOf(params);
    const auto dataset = engine.inputs().dataset(textOf(params, "data"));
    Reply reply{request.id, true, {}, {}, {}};
    if (request.method == "data.table") {
        DataTable table = dataTable(*dataset, split);
        reply.result = std::move(table.head);
        reply.bytes = std::move(table.bytes);
    } else if (request.method == "data.thumbnails") {
        const auto ids = numbersOf(params, "ids", ThumbnailCache::kMostIds);
        ThumbnailCache::Page page = thumbnails.page(*dataset, split, ids, numberOf(params, "side"));
        reply.result = {{"channels", page.channels}, {"height", page.height}, {"width", page.width}};
        reply.bytes = std::move(page.pixels);
    } else {
        const auto id = static_cast<std::int64_t>(numberOf(params, "id"));
        SampleView view = sampleView(engine.inputs(), *dataset, split, id, textsOf(params, "models"));
        reply.result = std::move(view.head);
        reply.bytes = std::move(view.pixels);
    }
    return reply;
}

} // namespace assay::engine
