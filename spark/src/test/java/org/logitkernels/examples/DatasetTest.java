package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Test;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** Rows of logits in a column of a Dataset. */
class DatasetTest {
  private static final int VOCABULARY = 500;

  @Test
  void tokensOfAColumn() throws Exception {
    SamplerChain chain = SamplerChain.parse("temperature=0.8, top_k=40");
    List<Row> rows = new ArrayList<>();
    List<Integer> expected = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(1);
    Sampler alone = chain.newSampler(VOCABULARY, 42);
    for (long position = 0; position < 40; position++) {
      float[] logits = new float[VOCABULARY];
      ByteBuffer bytes = ByteBuffer.allocate(4 * VOCABULARY).order(ByteOrder.LITTLE_ENDIAN);
      for (int i = 0; i < VOCABULARY; i++) {
        logits[i] = (float) random.nextGaussian(0, 3);
        bytes.putFloat(logits[i]);
      }
      rows.add(RowFactory.create(position, bytes.array()));
      expected.add(alone.sample(logits));
    }
    StructType columns =
        new StructType().add("position", DataTypes.LongType).add("logits", DataTypes.BinaryType);
    try (SparkSession session =
        SparkSession.builder()
            .master("local[2]")
            .config("spark.ui.enabled", false)
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.driver.bindAddress", "127.0.0.1")
            .getOrCreate()) {
      Dataset<Row> requests = session.createDataFrame(rows, columns).repartition(3);
      Dataset<Row> tokens = tokens(requests, chain, VOCABULARY, 42);
      assertEquals(
          expected,
          tokens.sort("position").collectAsList().stream().map(row -> row.getInt(1)).toList());
    }
  }

  // docs/scaling.md: dataset
  /** Columns {@code position} and {@code logits} in; {@code position} and {@code token} out. */
  static Dataset<Row> tokens(Dataset<Row> requests, SamplerChain chain, int vocabulary, long seed) {
    MapPartitionsFunction<Row, Row> draw =
        rows -> {
          Sampler sampler = chain.newSampler(vocabulary, seed); // made where it is used
          List<Row> drawn = new ArrayList<>();
          rows.forEachRemaining(
              row -> {
                sampler.position(row.getLong(0));
                ByteBuffer logits = ByteBuffer.wrap(row.getAs(1)).order(ByteOrder.LITTLE_ENDIAN);
                drawn.add(
                    RowFactory.create(row.getLong(0), sampler.sample(logits.asFloatBuffer())));
              });
          return drawn.iterator();
        };
    return requests.mapPartitions(
        draw,
        Encoders.row(
            new StructType()
                .add("position", DataTypes.LongType)
                .add("token", DataTypes.IntegerType)));
  }
  // docs/scaling.md: end
}
