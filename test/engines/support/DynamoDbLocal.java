/*
 * DynamoDB Local on loopback: its own main class listens on every interface, so this makes the same
 * server around the same handler with an address. In: nothing. Out: one line with the port. In memory,
 * one database per region and key as on AWS, no telemetry.
 */
import java.net.InetSocketAddress;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBRequestHandler;
import software.amazon.dynamodb.services.local.server.LocalDynamoDBServerHandler;

public final class DynamoDbLocal {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    boolean inMemory = true;
    boolean sharedDb = false;
    boolean delayTransientStatuses = false;
    var requests = new LocalDynamoDBRequestHandler(0, inMemory, null, sharedDb, delayTransientStatuses);
    var server = new Server(new InetSocketAddress("127.0.0.1", port));
    server.setHandler(new LocalDynamoDBServerHandler(requests, "*"));
    server.start();
    System.out.println("listening on " + ((ServerConnector) server.getConnectors()[0]).getLocalPort());
    server.join();
  }
}
